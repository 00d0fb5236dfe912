import type { Outcome } from '../../core/domain/verdict.js';
import { estimateTokens } from './answer-limits.js';
import type { ChatCall, ChatClient, ChatReply, TokenLogProb } from './chat-call.js';
import type { JudgePrompt } from './judge-prompt.js';
import { judgeMessages, repairMessages } from './judge-prompt.js';
import { type Choices, readReply, replyFormat } from './reply-contract.js';

/** What a language model chose, with the reply it stands in, or why there is no choice. */
export type Asked =
  | {
      readonly kind: 'chosen';
      readonly choices: Choices;
      readonly content: string;
      readonly logProbs?: readonly TokenLogProb[];
    }
  | { readonly kind: 'unanswered'; readonly outcome: Exclude<Outcome<never>, { kind: 'scored' }> };

export interface Asking {
  readonly client: ChatClient;
  readonly sampling: Pick<ChatCall, 'temperature' | 'seed' | 'maxTokens' | 'topLogProbs'>;
  /** Tokens that the model takes in and puts out together; absent: unknown, and not checked. */
  readonly contextTokens?: number;
  readonly tokensOf?: (text: string) => number;
  /** Remembers, for all calls of a judge, that the endpoint knows no reply formats. */
  readonly endpoint: { knowsFormats: boolean };
  readonly signal?: AbortSignal;
}

const MOST_REPAIRS = 2;
const LONGEST_RAW = 500;
/** Room for the reply where nobody limits it. */
const REPLY_TOKENS = 256;

/**
 * Asks until a reply keeps the contract, with two repairs at most: then it is `unparseable`. A prompt that is longer than
 * the model's context goes without the rubric's exemplars; one that is longer even so is refused before any call.
 */
export async function askLanguageModel(prompt: JudgePrompt, asking: Asking): Promise<Asked> {
  const whole = judgeMessages(prompt);
  const fits = refuseLongPrompt(whole, asking) === undefined;
  const messages = fits ? whole : judgeMessages({ ...prompt, withoutExemplars: true });
  const refused = fits ? undefined : refuseLongPrompt(messages, asking);
  if (refused !== undefined) return { kind: 'unanswered', outcome: refused };
  for (let repairs = 0; ; repairs += 1) {
    const reply = await complete(messages, prompt, asking);
    if (reply.kind === 'failed' || reply.kind === 'unsupported') {
      const { reason } = reply;
      const retryable = reply.kind === 'failed' && reply.retryable;
      return { kind: 'unanswered', outcome: { kind: 'judge_failed', reason, retryable } };
    }
    if (reply.kind === 'declined') {
      const reason = `the judge declined: ${reply.reason.slice(0, LONGEST_RAW)}`;
      return { kind: 'unanswered', outcome: { kind: 'abstained', reason } };
    }
    const raw = (reply.kind === 'content' ? reply.content : reply.raw).slice(0, LONGEST_RAW);
    const choices = reply.kind === 'content' ? readReply(reply.content, prompt.contract) : undefined;
    if (reply.kind === 'content' && choices !== undefined) {
      const logProbs = reply.logProbs === undefined ? {} : { logProbs: reply.logProbs };
      return { kind: 'chosen', choices, content: reply.content, ...logProbs };
    }
    if (repairs === MOST_REPAIRS) return { kind: 'unanswered', outcome: { kind: 'unparseable', raw } };
    messages.push(...repairMessages(raw, prompt));
  }
}

/** One call; an endpoint that refuses the format is asked again without, and from then on. */
async function complete(
  messages: ChatCall['messages'],
  { contract }: JudgePrompt,
  { client, sampling, endpoint, signal }: Asking,
): Promise<ChatReply> {
  const call: ChatCall = { messages: [...messages], ...sampling };
  if (!endpoint.knowsFormats) return client.complete(call, signal);
  const reply = await client.complete({ ...call, format: replyFormat(contract) }, signal);
  if (reply.kind !== 'unsupported') return reply;
  endpoint.knowsFormats = false;
  return client.complete(call, signal);
}

function refuseLongPrompt(
  messages: ChatCall['messages'],
  { contextTokens, tokensOf = estimateTokens, sampling }: Asking,
): Exclude<Outcome<never>, { kind: 'scored' }> | undefined {
  if (contextTokens === undefined) return undefined;
  const room = contextTokens - (sampling.maxTokens ?? REPLY_TOKENS);
  const needed = messages.reduce((sum, { content }) => sum + tokensOf(content), 0);
  if (needed <= room) return undefined;
  const reason = `the prompt has about ${needed} tokens; the model's context leaves ${room} for it`;
  return { kind: 'judge_failed', reason, retryable: false };
}
