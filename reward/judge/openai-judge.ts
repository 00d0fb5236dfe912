import { BadInputError } from '../../core/errors.js';
import type { ChatClient, ChatReply } from './chat-call.js';
import { createChatClient, type ChatClientOptions } from './chat-client.js';
import { createChatJudge, type ChatJudgeOptions } from './chat-judge.js';
import type { Judge, JudgeRequest } from './judge.js';

export interface OpenAiJudgeOptions
  extends Omit<ChatJudgeOptions, 'id' | 'client'>, Omit<ChatClientOptions, 'timeoutMs'> {
  /** `openai-` and the model's name by default. */
  readonly id?: string;
  /** Of each call; 30 s by default. */
  readonly timeoutMs?: number;
  /** Told every reply, for whoever has to say why an endpoint fails. */
  readonly onReply?: (reply: ChatReply) => void;
}

/** A language model behind an OpenAI-compatible endpoint, asked directly: one attempt a call, and no limits. */
export function createOpenAiJudge({ timeoutMs = 30_000, onReply, ...options }: OpenAiJudgeOptions): Judge {
  const endpoint = createChatClient({ timeoutMs, ...options });
  const client: ChatClient = {
    complete: async (call, signal) => {
      const reply = await endpoint.complete(call, signal);
      onReply?.(reply);
      return reply;
    },
  };
  return createChatJudge({ ...options, id: options.id ?? `openai-${options.model}`, client });
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
    allowed: 'an OpenAI-compatible chat/completions endpoint whose model keeps to the JSON asked for',
  });
}
