import { types } from 'node:util';
import { z } from 'zod';
import { MajlisError } from '../../core/errors.js';
import { systemClock, type Clock } from '../../core/runtime/clock.js';
import { systemCode } from '../../core/runtime/storage-error.js';
import type { ChatCall, ChatClient, ChatReply } from './chat-call.js';
import { jsonOrUndefined } from './json-or-undefined.js';

export interface ChatClientOptions {
  /** Base of an OpenAI-compatible server, for example `http://localhost:8000/v1`. */
  readonly baseUrl: string;
  readonly model: string;
  readonly apiKey?: string;
  /** From the call to the last byte of its reply. */
  readonly timeoutMs: number;
  /** The system's unless told. */
  readonly clock?: Clock;
}

/** In UTF-16 units: a reply with log-probabilities is long, one beyond this is no verdict. */
const LONGEST_REPLY = 1024 * 1024;
const RETRYABLE_4XX = new Set([408, 425, 429]);
/** Codes of Node and of undici, its fetch, before a connection stands. */
const NEVER_CONNECTED = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const REFUSED_FORMAT = /response_format|json_schema|structured.?output|guided/iu;

const tokenSchema = z.object({ token: z.string(), logprob: z.number() });
const completionSchema = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
        logprobs: z
          .object({ content: z.array(tokenSchema.extend({ top_logprobs: z.array(tokenSchema) })).nullish() })
          .nullish(),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.int().min(0), completion_tokens: z.int().min(0).default(0) }).nullish(),
});
type Completion = z.infer<typeof completionSchema>;

/** One attempt at chat/completions, by HTTP. A deadline that passes, whenever it does, is a retryable failure. */
export function createChatClient(options: ChatClientOptions): ChatClient {
  const { clock = systemClock } = options;
  return {
    complete: async (call, signal) => {
      const over = new AbortController();
      let isLate = false;
      const cancel = clock.alarm(options.timeoutMs, () => {
        isLate = true;
        over.abort();
      });
      const leave = (): void => over.abort();
      signal?.addEventListener('abort', leave, { once: true });
      try {
        signal?.throwIfAborted();
        const response = await post(call, options, over.signal);
        const text = await readLimited(response);
        return response.ok ? completionOf(text) : refusalOf(response, text, { call, options });
      } catch (thrown) {
        if (signal?.aborted === true) {
          throw new MajlisError('Judging was aborted.', { code: 'cancelled', cause: thrown });
        }
        if (!isLate) return networkFailure(thrown);
        const reason = `no answer within ${options.timeoutMs} ms`;
        return { kind: 'failed', failure: { kind: 'timed_out' }, reason, retryable: true };
      } finally {
        cancel();
        signal?.removeEventListener('abort', leave);
      }
    },
  };
}

function post(call: ChatCall, options: ChatClientOptions, signal: AbortSignal): Promise<Response> {
  return fetch(`${options.baseUrl.replace(/\/+$/, '')}/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }),
    },
    body: JSON.stringify(bodyOf(call, options.model)),
    signal,
  });
}

function bodyOf(
  { messages, temperature, seed, format, maxTokens, topLogProbs }: ChatCall,
  model: string,
): object {
  return {
    model,
    messages,
    temperature,
    ...(seed === undefined ? {} : { seed }),
    ...(maxTokens === undefined ? {} : { max_tokens: maxTokens }),
    ...(topLogProbs === undefined ? {} : { logprobs: true, top_logprobs: topLogProbs }),
    ...(format === undefined
      ? {}
      : { response_format: { type: 'json_schema', json_schema: { ...format, strict: true } } }),
  };
}

/** The server's own words stay out of the reason: some quote the key they refuse. */
function refusalOf(
  response: Response,
  body: string,
  { call, options }: { readonly call: ChatCall; readonly options: ChatClientOptions },
): ChatReply {
  const { status } = response;
  const reason = `HTTP ${status}`;
  if ((status === 400 || status === 422) && call.format !== undefined && REFUSED_FORMAT.test(body)) {
    return { kind: 'unsupported', reason };
  }
  const retryAfterMs = retryAfter(response.headers, options.clock ?? systemClock);
  return {
    kind: 'failed',
    failure: { kind: 'refused', status },
    reason,
    retryable: status >= 500 || RETRYABLE_4XX.has(status),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Retry-After in milliseconds: seconds or a date (RFC 9110 §10.2.3). A value of neither form counts as absent. */
function retryAfter(headers: Headers, clock: Clock): number | undefined {
  const value = headers.get('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - clock.now());
}

function completionOf(text: string): ChatReply {
  const completion = completionSchema.safeParse(jsonOrUndefined(text));
  if (!completion.success) return { kind: 'garbage', raw: text };
  const { message, logprobs } = completion.data.choices[0];
  const usage = usageOf(completion.data);
  if (typeof message.refusal === 'string' && message.refusal !== '') {
    return { kind: 'declined', reason: message.refusal, ...usage };
  }
  if (typeof message.content !== 'string') return { kind: 'garbage', raw: text, ...usage };
  const logProbs = logprobs?.content?.map(({ token, top_logprobs }) => ({
    token,
    top: top_logprobs.map((alternative) => ({ token: alternative.token, logProb: alternative.logprob })),
  }));
  return {
    kind: 'content',
    content: message.content,
    ...usage,
    ...(logProbs === undefined ? {} : { logProbs }),
  };
}

function usageOf({ usage }: Completion): Pick<Extract<ChatReply, { kind: 'content' }>, 'usage'> {
  if (usage === undefined || usage === null) return {};
  return { usage: { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens } };
}

/** The body's beginning; the rest of an endless one is never read. */
async function readLimited(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    if (types.isUint8Array(chunk)) text += decoder.decode(chunk, { stream: true });
    if (text.length > LONGEST_REPLY) return text.slice(0, LONGEST_REPLY);
  }
  return text + decoder.decode();
}

/** fetch wraps what happened ("ECONNREFUSED") in a cause. */
function networkFailure(thrown: unknown): ChatReply {
  const cause = types.isNativeError(thrown) ? thrown.cause : undefined;
  const { message } = MajlisError.from(thrown);
  const reason = cause === undefined ? message : `${message} (${MajlisError.from(cause).message})`;
  const kind = NEVER_CONNECTED.has(systemCode(cause) ?? '') ? 'unreachable' : 'broken_off';
  return { kind: 'failed', failure: { kind }, reason, retryable: true };
}
