import type { CallEnd, CallEntry, Judgement, KeptOutcome, NewCall } from './judgement-store.js';
import type { RecentCall, Spend, SpendFilter } from './judgement-store.js';

/**
 * The store's methods as they run beside the database: synchronous, each one part of a transaction that somebody else
 * commits. `atMs` is the caller's time.
 */
export interface JudgementOperations {
  readonly find: (key: string) => KeptOutcome | undefined;
  readonly keep: (judgement: Judgement, atMs: number) => void;
  readonly enterCall: (call: NewCall, atMs: number) => CallEntry;
  readonly endCall: (end: CallEnd, atMs: number) => void;
  /** Ends what a process that is gone left under way, each call at its most. */
  readonly endLostCalls: (atMs: number) => void;
  readonly callsSince: (sinceMs: number) => readonly RecentCall[];
  readonly spend: (filter: SpendFilter) => readonly Spend[];
}
