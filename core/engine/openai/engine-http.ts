import type { z } from 'zod';
import { parseJson } from '../../config/parse-json.js';
import { BadInputError, MajlisError, type ErrorCode } from '../../errors.js';
import type { Clock } from '../../runtime/clock.js';
import { httpRequest, type HttpRequest } from './http-request.js';

export interface EngineHttpOptions {
  /** Without `/v1`, for example `http://localhost:8000`. */
  readonly baseUrl: string;
  readonly apiKey?: string;
  readonly clock: Clock;
  /** Waits before a request is sent again that nobody answered, or that was answered with a passing refusal. */
  readonly retryMs: readonly number[];
}

export interface CallTerms {
  /** From the call to the last byte of its reply, each attempt for itself. */
  readonly withinMs: number;
  readonly signal?: AbortSignal | undefined;
}

const QUOTED = 300;
const CODES = new Map<number, ErrorCode>([
  [400, 'invalid_argument'],
  [401, 'unauthenticated'],
  [403, 'permission_denied'],
  [404, 'not_found'],
  [408, 'deadline_exceeded'],
  [409, 'failed_precondition'],
  [413, 'out_of_range'],
  [422, 'invalid_argument'],
  [429, 'resource_exhausted'],
]);
const PASSING: ReadonlySet<ErrorCode> = new Set(['unavailable', 'resource_exhausted']);

/**
 * JSON over HTTP to a generation server. Everything asked of one may be asked again: answers follow from seeds, and loading
 * the same weights twice changes nothing; so what fails in passing is repeated, and what takes too long is not.
 */
export class EngineHttp {
  readonly baseUrl: string;

  constructor(private readonly options: EngineHttpOptions) {
    this.baseUrl = options.baseUrl.replace(/\/+$/, '');
    if (/^https?:\/\//.test(this.baseUrl) && URL.canParse(this.baseUrl)) return;
    const allowed = 'a URL like http://127.0.0.1:8000, without /v1';
    throw new BadInputError({ source: 'engine', place: 'baseUrl', found: options.baseUrl, allowed });
  }

  async get<T>(path: string, schema: z.ZodType<T>, terms: CallTerms): Promise<T> {
    return this.json(await this.repeated(path, { method: 'GET' }, terms), path, schema);
  }

  async post<T>(path: string, body: object, schema: z.ZodType<T>, terms: CallTerms): Promise<T> {
    return this.json(await this.send(path, body, terms), path, schema);
  }

  /** A call whose answer says nothing but that it was done; vLLM answers some in plain words. */
  async send(path: string, body: object, terms: CallTerms): Promise<string> {
    return this.repeated(path, { method: 'POST', body: JSON.stringify(body) }, terms);
  }

  private json<T>(text: string, path: string, schema: z.ZodType<T>): T {
    try {
      return parseJson(text, schema, { source: `answer of ${this.baseUrl}${path}` });
    } catch (thrown) {
      throw thrown instanceof BadInputError && JSON_BEGINS.test(text) ? withoutQuote(thrown) : thrown;
    }
  }

  private async repeated(
    path: string,
    request: Pick<HttpRequest, 'method' | 'body'>,
    terms: CallTerms,
  ): Promise<string> {
    const { clock, retryMs } = this.options;
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await this.once(path, request, terms);
      } catch (thrown) {
        const failure = MajlisError.from(thrown);
        if (!PASSING.has(failure.code) || attempt >= retryMs.length) throw failure;
        await clock.sleep(retryMs[attempt], terms.signal).catch(() => {
          throw cancelled(thrown);
        });
      }
    }
  }

  private async once(
    path: string,
    request: Pick<HttpRequest, 'method' | 'body'>,
    { withinMs, signal }: CallTerms,
  ): Promise<string> {
    if (isAborted(signal)) throw cancelled(undefined);
    const over = new AbortController();
    const late = { isLate: false };
    const disarm = this.options.clock.alarm(withinMs, () => {
      late.isLate = true;
      over.abort();
    });
    const leave = (): void => over.abort();
    signal?.addEventListener('abort', leave, { once: true });
    try {
      const headers = this.headers();
      const { status, text } = await httpRequest(`${this.baseUrl}${path}`, {
        ...request,
        headers,
        signal: over.signal,
      });
      if (status >= 200 && status < 300) return text;
      throw this.refusal(path, status, text);
    } catch (thrown) {
      if (thrown instanceof MajlisError) throw thrown;
      if (isAborted(signal)) throw cancelled(thrown);
      const reason = MajlisError.from(thrown).message;
      throw late.isLate
        ? this.failure(`did not answer ${path} within ${String(withinMs)} ms`, 'deadline_exceeded', thrown)
        : this.failure(
            `cannot be reached for ${path}: ${reason}; see that an engine listens there`,
            'unavailable',
            thrown,
          );
    } finally {
      disarm();
      signal?.removeEventListener('abort', leave);
    }
  }

  private headers(): Record<string, string> {
    const { apiKey } = this.options;
    const authorization = apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
    return { 'content-type': 'application/json', ...authorization };
  }

  /** The server's own words are kept: they say which field or flag is at fault. */
  private refusal(path: string, status: number, text: string): MajlisError {
    const code = CODES.get(status) ?? (status >= 500 ? 'unavailable' : 'internal');
    const words = text.replaceAll(/\s+/g, ' ').slice(0, QUOTED);
    return this.failure(`answered ${path} with HTTP ${String(status)}: ${words}`, code);
  }

  private failure(what: string, code: ErrorCode, cause?: unknown): MajlisError {
    return new MajlisError(`The engine at ${this.baseUrl} ${what}.`, { code, cause });
  }
}

/** What begins otherwise is a proxy's page, or a plain refusal, and is worth its words. */
const JSON_BEGINS = /^\s*[[{]/;

/** An answer may be what a model wrote: errors are logged, and logs hold none of that. Numbers and the like stay. */
function withoutQuote({ input }: BadInputError): BadInputError {
  const kinds: Readonly<Record<string, string>> = { '"': 'a text', '{': 'an object', '[': 'a list' };
  return new BadInputError({ ...input, found: kinds[input.found.charAt(0)] ?? input.found });
}

function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function cancelled(cause: unknown): MajlisError {
  return new MajlisError('The call was cancelled.', { code: 'cancelled', cause });
}
