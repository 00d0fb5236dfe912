import type { ErrorCode } from '../errors.js';
import type { LedgerOperations } from './ledger-operations.js';

/** What the ledger's thread is started with. */
export interface LedgerThreadData {
  readonly path: string;
}

/** One method of the ledger with what it was called with. */
export interface LedgerCall {
  readonly operation: keyof LedgerOperations;
  readonly values: readonly unknown[];
  /** When it was called, by the caller's clock. */
  readonly atMs: number;
}

/** One call, or the request to close, which is the last. */
export type LedgerRequest =
  ({ readonly kind: 'call'; readonly id: number } & LedgerCall) | { readonly kind: 'close' };

/** An error as it crosses the thread boundary, which drops classes. */
export interface ThreadError {
  readonly code: ErrorCode;
  readonly message: string;
}

/** `opened` or `refused` comes first and once; then `committed` for each group, the answers of its calls in it. */
export type LedgerReply =
  | { readonly kind: 'opened' }
  | { readonly kind: 'refused'; readonly error: ThreadError }
  | {
      readonly kind: 'committed';
      readonly answers: readonly LedgerAnswer[];
      /** The runs to which the commit added events. */
      readonly runs: readonly string[];
    };

export type LedgerAnswer =
  { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: ThreadError };
