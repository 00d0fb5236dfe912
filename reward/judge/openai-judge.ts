import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { BadInputError } from '../../core/errors.js';
import type { Order, Outcome, PairScore } from '../../core/domain/verdict.js';
import type { ChatOptions, ChatReply } from './chat-client.js';
import { completeChat, jsonOrUndefined } from './chat-client.js';
import type { Judge, JudgeRequest } from './judge.js';
import { judgeMessages, repairMessages } from './judge-prompt.js';
import { verdictOf } from './verdict-of.js';

export interface OpenAiJudgeOptions {
  readonly id?: string;
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: string;
  /** Of each call; 30 s by default. */
  readonly timeoutMs?: number;
  /** What a decisive verdict is worth before calibration; 0.9 by default. */
  readonly decisiveProbability?: number;
  /** Fence of the data in a prompt; unguessable by default. */
  readonly nonce?: () => string;
}

const MOST_REPAIRS = 2;
const LONGEST_RAW = 500;
const verdictSchema = z.strictObject({ verdict: z.enum(['A', 'B', 'tie']) });
type Letter = z.infer<typeof verdictSchema>['verdict'];

/**
 * A language model behind an OpenAI-compatible endpoint, asked for an enum. A reply that keeps breaking the contract
 * after two repairs is `unparseable`; an endpoint that fails is `judge_failed`, retryable where its status says so.
 * Neither ever becomes a number.
 */
export function createOpenAiJudge(options: OpenAiJudgeOptions): Judge {
  const id = options.id ?? `openai-${options.model}`;
  const chat: ChatOptions = { timeoutMs: 30_000, ...options };
  const decisive = options.decisiveProbability ?? 0.9;
  const nonce = options.nonce ?? randomUUID;
  return {
    id,
    kind: 'language_model',
    judge: async (request, signal) => {
      const reply = await ask(request, { chat, nonce: nonce(), ...(signal === undefined ? {} : { signal }) });
      return verdictOf(id, request, outcomeOf(reply, request.order, decisive));
    },
  };
}

/**
 * Asks one easy question, so that a wrong URL, key or model is one sentence at the start and not a run full of
 * excluded verdicts.
 */
export async function checkJudge(judge: Judge, request: JudgeRequest, signal?: AbortSignal): Promise<void> {
  const { outcome } = await judge.judge(request, signal);
  if (outcome.kind === 'scored' || outcome.kind === 'abstained') return;
  throw new BadInputError({
    source: `judge ${judge.id}`,
    found: outcome.kind === 'unparseable' ? JSON.stringify(outcome.raw.slice(0, 80)) : outcome.reason,
    allowed: 'an OpenAI-compatible chat/completions endpoint that answers {"verdict":"A"|"B"|"tie"}',
  });
}

interface Asking {
  readonly chat: ChatOptions;
  readonly nonce: string;
  readonly signal?: AbortSignal;
}

type Answer =
  { readonly kind: 'verdict'; readonly verdict: Letter } | Exclude<ChatReply, { kind: 'content' }>;

async function ask(request: JudgeRequest, { chat, nonce, signal }: Asking): Promise<Answer> {
  const messages = judgeMessages(request, nonce);
  for (let repairs = 0; ; repairs += 1) {
    const reply = await completeChat(messages, chat, signal);
    if (reply.kind === 'failed') return reply;
    const raw = reply.kind === 'content' ? reply.content : reply.raw;
    const parsed = verdictSchema.safeParse(reply.kind === 'content' ? jsonOrUndefined(raw) : undefined);
    if (parsed.success) return { kind: 'verdict', verdict: parsed.data.verdict };
    if (repairs === MOST_REPAIRS) return { kind: 'garbage', raw };
    messages.push(...repairMessages(raw.slice(0, LONGEST_RAW)));
  }
}

function outcomeOf(answer: Answer, order: Order, decisive: number): Outcome<PairScore> {
  switch (answer.kind) {
    case 'garbage':
      return { kind: 'unparseable', raw: answer.raw.slice(0, LONGEST_RAW) };
    case 'failed':
      return { kind: 'judge_failed', reason: answer.reason, retryable: answer.retryable };
    case 'verdict': {
      if (answer.verdict === 'tie') return { kind: 'scored', score: { probabilityFirst: 0.5 } };
      const firstWins = (answer.verdict === 'A') === (order === 'first_shown_first');
      return { kind: 'scored', score: { probabilityFirst: firstWins ? decisive : 1 - decisive } };
    }
  }
}
