import type { IterationRecord } from '../../core/ledger/ledger.js';

/** What health is judged by. The journal's entries are such, so a history can be read back from the ledger. */
export type FinishedIteration = Pick<
  IterationRecord,
  'iteration' | 'policyVersion' | 'rewardModelHash' | 'metrics'
>;

/** What is remembered of a run's finished iterations. Replaced, never changed. */
export interface HealthHistory {
  /** The run's first ones: what it was like before training changed it. Oldest first. */
  readonly first: readonly FinishedIteration[];
  /** The last ones since the run began or was resumed or rolled back. Oldest first. */
  readonly recent: readonly FinishedIteration[];
  /** Of the same stretch, all that the control judge checked. Oldest first. */
  readonly checks: readonly FinishedIteration[];
}

export const NO_HISTORY: HealthHistory = { first: [], recent: [], checks: [] };

/** Iterations that say what a run started from. */
const FIRST = 3;

/** The history with one more iteration; `keep` is how many recent ones are needed. */
export function remember(
  { first, recent, checks }: HealthHistory,
  finished: FinishedIteration,
  keep: number,
): HealthHistory {
  return {
    first: first.length < FIRST ? [...first, finished] : first,
    recent: [...recent, finished].slice(-keep),
    checks: isControlCheck(finished) ? [...checks, finished] : checks,
  };
}

/** Whether the control judge checked an iteration. */
export function isControlCheck({ metrics }: FinishedIteration): boolean {
  return metrics['watch/control_win_rate'] !== undefined;
}

/** The history of a run that a person resumed or rolled back: what led to the pause counts no more. */
export function startedAnew({ first }: HealthHistory): HealthHistory {
  return { first, recent: [], checks: [] };
}

/** The last `count` iterations, where all of them are bad; undefined where one is not, or there are fewer. */
export function inARow(
  { recent }: HealthHistory,
  count: number,
  isBad: (finished: FinishedIteration) => boolean,
): readonly FinishedIteration[] | undefined {
  const last = recent.slice(-count);
  return last.length === count && last.every(isBad) ? last : undefined;
}

/**
 * How to go back before an iteration: to the policy version that was measured just before it, where one is remembered
 * and is an earlier one.
 */
export function rollbackCommand(run: string, { recent }: HealthHistory, bad: FinishedIteration): string {
  const before = recent.findLast(({ iteration }) => iteration < bad.iteration);
  const isEarlier = before !== undefined && before.policyVersion < bad.policyVersion;
  return `\`majlis rollback ${run} --policy ${isEarlier ? before.policyVersion : 'V'}\``;
}
