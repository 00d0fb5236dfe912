import type { IterationReplay } from '../../../coordinator/replay/replay-iteration.js';

/**
 * `identical`: every bit. `within_tolerance`: on another version, engine build or CPU, no number further off than allowed.
 * `different`: further, or not every bit where nothing that computes has changed.
 */
export type ReplayVerdict = 'identical' | 'within_tolerance' | 'different';

export interface Allowance {
  /** Whether version, engine build and CPU are those that recorded the run. */
  readonly isSameFingerprint: boolean;
  /** Largest relative difference of a quantity elsewhere. */
  readonly tolerance: number;
}

/** What a replay says about the run. Elsewhere hashes say nothing: numbers that differ in their last bit have other ones. */
export function replayVerdict(
  { before, hashes, quantities }: Pick<IterationReplay, 'before' | 'hashes' | 'quantities'>,
  { isSameFingerprint, tolerance }: Allowance,
): ReplayVerdict {
  const isIdentical =
    before.every(({ hash, recordedHash }) => hash === recordedHash) &&
    hashes.every(({ recorded, recomputed }) => recorded === recomputed) &&
    quantities.every((quantity) => quantity.isIdentical);
  if (isIdentical) return 'identical';
  const isWithin = quantities.every(
    (quantity) =>
      quantity.isIdentical ||
      (quantity.largestRelativeDifference !== undefined && quantity.largestRelativeDifference <= tolerance),
  );
  return isWithin && !isSameFingerprint ? 'within_tolerance' : 'different';
}
