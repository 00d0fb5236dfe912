import type { RecordedControlEvent } from '../../core/domain/run.js';
import type { IterationRecord, RecordedPolicyVersion } from '../../core/ledger/ledger.js';

/** What the ledger tells of the rubrics of a run. */
export interface RubricHistory {
  readonly policyVersions: readonly RecordedPolicyVersion[];
  readonly iterations: readonly IterationRecord[];
  readonly controls: readonly RecordedControlEvent[];
}

/**
 * Hashes of the rubrics that were in force, in order, none twice in a row; the last is in force now. A change that took
 * effect before an iteration that is not finished yet counts.
 */
export function rubricsInForce({ policyVersions, iterations, controls }: RubricHistory): readonly string[] {
  const next = iterations.length === 0 ? 0 : iterations[iterations.length - 1].iteration + 1;
  const changed = controls.flatMap(({ event, effectiveAt }) => {
    if (effectiveAt === undefined || effectiveAt < next) return [];
    if (event.kind === 'swap_rubric') return [event.rubricHash];
    return event.kind === 'roll_back' && 'rubricHash' in event.to ? [event.to.rubricHash] : [];
  });
  const all = [
    ...policyVersions.slice(0, 1).map(({ rubricHash }) => rubricHash),
    ...iterations.map(({ rubricHash }) => rubricHash),
    ...changed,
  ];
  return all.filter((hash, place) => hash !== all[place - 1]);
}
