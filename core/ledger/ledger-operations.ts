import type { Ledger } from './ledger.js';

/**
 * The ledger's methods as they run beside the database: synchronous, each one part of a transaction that somebody else
 * commits.
 */
export type LedgerOperations = {
  [Name in Exclude<keyof Ledger, 'close' | 'onEvents'>]: (
    ...values: Parameters<Ledger[Name]>
  ) => Awaited<ReturnType<Ledger[Name]>>;
};
