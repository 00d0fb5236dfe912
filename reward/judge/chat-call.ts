/** A message of the chat/completions interface. */
export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/** A JSON Schema that the reply has to follow, under a name; endpoints that can, enforce it while they sample. */
export interface ReplyFormat {
  readonly name: string;
  readonly schema: Readonly<Record<string, unknown>>;
}

/** One call of a language model, whichever endpoint serves it. Equal calls may share one reply. */
export interface ChatCall {
  readonly messages: readonly ChatMessage[];
  /** Absent: the contract stands in the messages alone. */
  readonly format?: ReplyFormat;
  readonly temperature: number;
  /** Tells samples of one question apart; sent to the endpoint, which may ignore it. */
  readonly seed?: number;
  /** Most tokens of the reply; absent leaves it to the endpoint. */
  readonly maxTokens?: number;
  /** How many alternatives to report at each token; absent asks for no log-probabilities. */
  readonly topLogProbs?: number;
}

/** Tokens that a call was billed for, where the endpoint says so. */
export interface ChatUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** A token of the reply and the likeliest tokens at its place, with natural log-probabilities. */
export interface TokenLogProb {
  readonly token: string;
  readonly top: readonly { readonly token: string; readonly logProb: number }[];
}

/**
 * Why a call has no reply: it was `refused` with an HTTP status, `timed_out` or `broken_off` under way, when nobody can
 * tell what the endpoint did and bills, or nothing was sent, since the endpoint was `unreachable` or the sender `withheld`
 * the call.
 */
export type CallFailure =
  | { readonly kind: 'refused'; readonly status: number }
  | { readonly kind: 'timed_out' | 'broken_off' | 'unreachable' | 'withheld' };

/**
 * What a call came to. No kind but `content` can be read as a verdict: `garbage` is a body of no known form,
 * `declined` the model's refusal to answer, `unsupported` an endpoint that knows no reply formats, `failed` everything
 * else, with whether the same call may succeed later and, where the endpoint says so, after how long.
 */
export type ChatReply =
  | {
      readonly kind: 'content';
      readonly content: string;
      readonly usage?: ChatUsage;
      readonly logProbs?: readonly TokenLogProb[];
    }
  | { readonly kind: 'garbage'; readonly raw: string; readonly usage?: ChatUsage }
  | { readonly kind: 'declined'; readonly reason: string; readonly usage?: ChatUsage }
  | { readonly kind: 'unsupported'; readonly reason: string }
  | {
      readonly kind: 'failed';
      readonly failure: CallFailure;
      /** For people. */
      readonly reason: string;
      readonly retryable: boolean;
      /** Milliseconds from now before which the endpoint wants no other call. */
      readonly retryAfterMs?: number;
    };

/**
 * Makes one attempt at a call and says what it came to. Retries, limits and budgets are for whoever wraps it; only the
 * caller's own abort throws, as `cancelled`.
 */
export interface ChatClient {
  complete(call: ChatCall, signal?: AbortSignal): Promise<ChatReply>;
}
