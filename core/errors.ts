/**
 * The one error hierarchy. Codes are closed: they are gRPC's canonical status names, so that a code means
 * the same in a process, on the wire and in an exit status. Retryability is decided here, from the code,
 * and nowhere else.
 */
export const ERROR_CODES = [
  'cancelled',
  'invalid_argument',
  'deadline_exceeded',
  'not_found',
  'already_exists',
  'permission_denied',
  'resource_exhausted',
  'failed_precondition',
  'aborted',
  'out_of_range',
  'unimplemented',
  'internal',
  'unavailable',
  'data_loss',
  'unauthenticated',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * Tells failures of one code apart where a program has to, and not only a person: `held` is a file that another owner has
 * open, `newer_schema` one that a newer Majlis wrote; `restarted` is a trainer that has lost its models, since it was started
 * again. Stays in its process.
 */
export type ErrorReason = 'held' | 'newer_schema' | 'restarted';

const RETRYABLE: ReadonlySet<ErrorCode> = new Set([
  'unavailable',
  'deadline_exceeded',
  'resource_exhausted',
  'aborted',
]);

export interface MajlisErrorOptions {
  readonly code: ErrorCode;
  readonly reason?: ErrorReason;
  /** When asking again may help, in milliseconds, where it is known. */
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

/** Any failure that Majlis itself raises. `message` is one sentence a person can act on. */
export class MajlisError extends Error {
  readonly code: ErrorCode;
  readonly reason: ErrorReason | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: MajlisErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MajlisError';
    this.code = options.code;
    this.reason = options.reason;
    this.retryAfterMs = options.retryAfterMs;
  }

  get isRetryable(): boolean {
    return RETRYABLE.has(this.code);
  }

  /** Converts whatever was thrown into a MajlisError, once, at a boundary. An abort becomes `cancelled`. */
  static from(thrown: unknown): MajlisError {
    if (thrown instanceof MajlisError) return thrown;
    if (isAbort(thrown)) return new MajlisError(thrown.message, { code: 'cancelled', cause: thrown });
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new MajlisError(message, { code: 'internal', cause: thrown });
  }
}

/** By name, since a DOMException of another realm (a vm context, a test sandbox) is no instance of this one's Error. */
function isAbort(thrown: unknown): thrown is { readonly message: string } {
  if (typeof thrown !== 'object' || thrown === null) return false;
  return 'name' in thrown && thrown.name === 'AbortError' && 'message' in thrown;
}

export interface BadInput {
  /** File, URL or message that held the value. */
  readonly source: string;
  /** Where in it: a dotted path, a line number, or both. */
  readonly place?: string;
  /** What was found there, already shortened for a sentence. */
  readonly found: string;
  /** What would have been accepted, or the next step. */
  readonly allowed: string;
}

/** A value from outside that was refused. Exit code 2, `INVALID_ARGUMENT`, HTTP 400. */
export class BadInputError extends MajlisError {
  readonly input: BadInput;

  constructor(input: BadInput, cause?: unknown) {
    const place = input.place === undefined ? '' : ` at ${input.place}`;
    super(`${input.source}${place}: found ${input.found}; allowed: ${input.allowed}`, {
      code: 'invalid_argument',
      cause,
    });
    this.name = 'BadInputError';
    this.input = input;
  }
}
