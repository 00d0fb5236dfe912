import type { ErrorCode, ErrorReason } from '../errors.js';

/** What a database's thread is started with. */
export interface DatabaseThreadData {
  readonly path: string;
}

/** One operation with what it was called with. */
export interface DatabaseCall<Operation extends string = string> {
  readonly operation: Operation;
  readonly values: readonly unknown[];
  /** When it was called, by the caller's clock. */
  readonly atMs: number;
}

/** A call as it travels, with the number that its answer carries. */
export type NumberedCall = DatabaseCall & { readonly id: number };

/** Calls that were made at one time, or the request to close, which is the last. */
export type DatabaseRequest =
  { readonly kind: 'calls'; readonly calls: readonly NumberedCall[] } | { readonly kind: 'close' };

/** An error as it crosses the thread boundary, which drops classes. */
export interface ThreadError {
  readonly code: ErrorCode;
  readonly reason: ErrorReason | undefined;
  readonly message: string;
}

/** `opened` or `refused` comes first and once; then `committed` for each group, the answers of its calls in it. */
export type DatabaseReply =
  | { readonly kind: 'opened' }
  | { readonly kind: 'refused'; readonly error: ThreadError }
  | {
      readonly kind: 'committed';
      readonly answers: readonly DatabaseAnswer[];
      /** What the commit has to tell to whoever listens, for example the runs to which it added events. */
      readonly notices: readonly string[];
    };

export type DatabaseAnswer =
  { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: ThreadError };
