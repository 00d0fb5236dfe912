/** A promise that a rehearsal found broken. */
export interface Violation {
  readonly promise: CrashPromise;
  readonly found: string;
}

/** What a crash may not cost. */
export const CRASH_PROMISES = {
  ends: 'every start ends as it was told to: killed, or with a report',
  verifies: 'the ledger verifies after every kill',
  acknowledged: 'a result that was acknowledged is in the ledger',
  epochs: 'every start raises the epoch by one',
  events: 'events are numbered without gaps, and none is lost or changed',
  tasks: 'every issued task ends in one state',
  iterations: 'every iteration is finished once',
  policy: "the last policy is the uninterrupted run's",
} as const;

export type CrashPromise = keyof typeof CRASH_PROMISES;
