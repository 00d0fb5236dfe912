import { crashSchedule } from './crash-schedule.js';
import type { FaultKind } from './fault-kinds.js';
import { rehearse, uninterruptedRun, type Reference, type RehearsalResult } from './rehearsal.js';

export interface RehearsalPlan {
  /** The first schedule's seed; the others follow it. */
  readonly seed: number;
  readonly schedules: number;
  /** How many runs at a time. */
  readonly parallel: number;
}

/** What a row of rehearsals found. */
export interface RehearsalReport {
  readonly reference: Reference;
  readonly results: readonly RehearsalResult[];
  /** How often each kind struck. */
  readonly strikes: ReadonlyMap<FaultKind, number>;
  /** Kinds that the schedules have and that never struck: what they would have shown is not known. */
  readonly missed: readonly FaultKind[];
}

/** Rehearses schedules against one uninterrupted run; results are in the order of the seeds. */
export async function rehearseAll(
  { seed, schedules, parallel }: RehearsalPlan,
  onResult: (result: RehearsalResult) => void = () => undefined,
): Promise<RehearsalReport> {
  const reference = await uninterruptedRun();
  const plans = Array.from({ length: schedules }, (_, at) => crashSchedule(seed + at));
  const results: RehearsalResult[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < plans.length) {
      const at = next++;
      results[at] = await rehearse(plans[at], reference);
      onResult(results[at]);
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  const strikes = countOf(results.flatMap(({ struck }) => struck));
  const planned = new Set(plans.flatMap(({ kills }) => kills.map(({ kind }) => kind)));
  return { reference, results, strikes, missed: [...planned].filter((kind) => !strikes.has(kind)) };
}

function countOf(struck: readonly FaultKind[]): Map<FaultKind, number> {
  const counts = new Map<FaultKind, number>();
  for (const kind of struck) counts.set(kind, 1 + (counts.get(kind) ?? 0));
  return counts;
}
