import { types } from 'node:util';
import { z } from 'zod';
import { MajlisError } from '../../core/errors.js';
import type { ChatMessage } from './judge-prompt.js';

export interface ChatOptions {
  /** Base of an OpenAI-compatible server, for example `http://localhost:8000/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: string;
  readonly timeoutMs: number;
}

/** What a call came to. `failed` says whether the same call may succeed later; `garbage` is a reply of no known form. */
export type ChatReply =
  | { readonly kind: 'content'; readonly content: string }
  | { readonly kind: 'garbage'; readonly raw: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly retryable: boolean };

const LONGEST_REPLY = 64 * 1024;
const RETRYABLE_4XX = new Set([408, 425, 429]);

const completionSchema = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }) })).min(1),
});

const VERDICT_FORMAT = {
  type: 'json_schema',
  json_schema: {
    name: 'verdict',
    strict: true,
    schema: {
      type: 'object',
      properties: { verdict: { type: 'string', enum: ['A', 'B', 'tie'] } },
      required: ['verdict'],
      additionalProperties: false,
    },
  },
};

/** One chat/completions call. Only the caller's own abort throws, as `cancelled`. */
export async function completeChat(
  messages: readonly ChatMessage[],
  options: ChatOptions,
  signal?: AbortSignal,
): Promise<ChatReply> {
  const timeout = AbortSignal.timeout(options.timeoutMs);
  try {
    const response = await fetch(`${options.baseUrl.replace(/\/+$/, '')}/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }),
      },
      body: JSON.stringify({
        model: options.model,
        messages,
        temperature: 0,
        response_format: VERDICT_FORMAT,
      }),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
    const text = await readLimited(response);
    return response.ok ? contentOf(text) : httpFailure(response.status);
  } catch (thrown) {
    if (signal?.aborted === true) {
      throw new MajlisError('Judging was aborted.', { code: 'cancelled', cause: thrown });
    }
    const reason = timeout.aborted ? `no answer within ${options.timeoutMs} ms` : networkReason(thrown);
    return { kind: 'failed', reason, retryable: true };
  }
}

function httpFailure(status: number): ChatReply {
  return { kind: 'failed', reason: `HTTP ${status}`, retryable: status >= 500 || RETRYABLE_4XX.has(status) };
}

function contentOf(text: string): ChatReply {
  const completion = completionSchema.safeParse(jsonOrUndefined(text));
  if (!completion.success) return { kind: 'garbage', raw: text };
  return { kind: 'content', content: completion.data.choices[0].message.content };
}

/** The value, or undefined where the text is no JSON: a reply from outside is allowed to be anything. */
export function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

/** The body's first 64 KiB; the rest of an endless one is never read. */
async function readLimited(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    if (types.isUint8Array(chunk)) text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_REPLY) return text.slice(0, LONGEST_REPLY);
  }
  return text + decoder.decode();
}

/** fetch wraps the reason ("ECONNREFUSED") in a cause. */
function networkReason(thrown: unknown): string {
  const { message } = MajlisError.from(thrown);
  const cause = typeof thrown === 'object' && thrown !== null && 'cause' in thrown ? thrown.cause : undefined;
  return cause === undefined ? message : `${message} (${MajlisError.from(cause).message})`;
}
