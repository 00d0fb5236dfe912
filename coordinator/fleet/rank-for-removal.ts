import type { HeldTask } from '../../core/domain/worker.js';

/** What a worker's place among those to remove depends on. */
export interface RemovalCandidate {
  readonly worker: string;
  readonly held: readonly HeldTask[];
}

export interface RankedForRemoval<Candidate extends RemovalCandidate> {
  readonly candidate: Candidate;
  /** 0 for the first to remove. */
  readonly rank: number;
  /** 0 where nothing is in flight, otherwise 10 and a second more for each second of work that would be done again. */
  readonly cost: number;
}

const BUSY_COST = 10;
/** Kubernetes reads the annotation as a signed 32-bit number. */
const MOST_COST = 2 ** 31 - 1;

/**
 * Workers in the order in which removing them costs least: whoever has nothing in flight before anyone who has, then by the
 * work that would be done again (the ages of the tasks held, added up), then by how many tasks, then by name.
 */
export function rankForRemoval<Candidate extends RemovalCandidate>(
  workers: readonly Candidate[],
): RankedForRemoval<Candidate>[] {
  return workers
    .map((candidate) => ({ candidate, lostMs: lostMs(candidate) }))
    .sort(
      (a, b) =>
        Number(a.candidate.held.length > 0) - Number(b.candidate.held.length > 0) ||
        a.lostMs - b.lostMs ||
        a.candidate.held.length - b.candidate.held.length ||
        (a.candidate.worker < b.candidate.worker ? -1 : 1),
    )
    .map(({ candidate, lostMs: lost }, rank) => ({ candidate, rank, cost: costOf(candidate, lost) }));
}

function lostMs({ held }: RemovalCandidate): number {
  return held.reduce((sum, { heldMs }) => sum + heldMs, 0);
}

function costOf({ held }: RemovalCandidate, lost: number): number {
  return held.length === 0 ? 0 : Math.min(MOST_COST, BUSY_COST + Math.floor(lost / 1000));
}
