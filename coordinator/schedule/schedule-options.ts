import { BadInputError } from '../../core/errors.js';
import type { AlgorithmOptions } from '../algorithm-options.js';

/**
 * How generation, scoring and learning follow each other.
 *
 *   lockstep  they take turns; the run is a function of its inputs, and its final policy hash is promised
 *   async     they overlap; the accounting is promised (every task is consumed, dropped or dead-lettered, and no answer
 *             is older than `maxStaleness` policy versions), and the hash is not
 */
export type Schedule = { readonly kind: 'lockstep' } | AsyncSchedule;

export interface AsyncSchedule {
  readonly kind: 'async';
  /** Policy versions that an answer's policy may be behind the one that learns from it. */
  readonly maxStaleness: number;
}

/** As a run file has it. */
export interface ScheduleChoice {
  readonly schedule: Schedule['kind'];
  readonly maxStaleness?: number;
}

export const LOCKSTEP: Schedule = { kind: 'lockstep' };
export const DEFAULT_MAX_STALENESS = 1;

/** Fills in the default. */
export function compileSchedule({
  schedule,
  maxStaleness = DEFAULT_MAX_STALENESS,
}: ScheduleChoice): Schedule {
  return schedule === 'lockstep' ? LOCKSTEP : { kind: 'async', maxStaleness };
}

/** Refuses an async run whose older answers would be learned from as if they were the current policy's. */
export function requireCorrection(schedule: Schedule, { importanceCap }: AlgorithmOptions): void {
  if (schedule.kind === 'lockstep' || importanceCap !== undefined) return;
  throw new BadInputError({
    source: 'algorithm',
    place: 'importanceCap',
    found: 'nothing',
    allowed: 'a number above 0, since schedule async learns from answers of older policies',
  });
}
