import type { Run } from '../domain/run.js';
import type { Ledger, NewRun } from './ledger.js';

/**
 * The ledger's methods as they run inside its thread: synchronous, each one part of a transaction that somebody else
 * commits. The thread has no clock, so a stamp comes with the call.
 */
export type LedgerOperations = {
  [Name in Exclude<keyof Ledger, 'close' | 'createRun'>]: (
    ...values: Parameters<Ledger[Name]>
  ) => Awaited<ReturnType<Ledger[Name]>>;
} & { createRun: (run: NewRun, createdAtMs: number) => Run };
