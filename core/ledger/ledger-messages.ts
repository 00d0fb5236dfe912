import type { ErrorCode } from '../errors.js';
import type { LedgerOperations } from './ledger-operations.js';

/** What the ledger's thread is started with. */
export interface LedgerThreadData {
  readonly path: string;
}

/** One call, or the request to close, which is the last. */
export type LedgerRequest =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly operation: keyof LedgerOperations;
      readonly values: readonly unknown[];
    }
  | { readonly kind: 'close' };

/** An error as it crosses the thread boundary, which drops classes. */
export interface ThreadError {
  readonly code: ErrorCode;
  readonly message: string;
}

/** `opened` or `refused` comes first and once; then `committed` for each group, the answers of its calls in it. */
export type LedgerReply =
  | { readonly kind: 'opened' }
  | { readonly kind: 'refused'; readonly error: ThreadError }
  | { readonly kind: 'committed'; readonly answers: readonly LedgerAnswer[] };

export type LedgerAnswer =
  { readonly id: number; readonly value: unknown } | { readonly id: number; readonly error: ThreadError };
