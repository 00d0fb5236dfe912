import type { RunDescription } from '../../../../coordinator/control/run-control.js';

/** A rubric that came, or is to come, into force in a run. */
export interface RubricChange {
  readonly by: 'start' | 'swap' | 'rollback';
  readonly hash: string;
  /** The iteration that it is in force from; absent while it is pending and was asked for the next boundary. */
  readonly from?: number;
  readonly pending: boolean;
}

/** The rubrics of a run in the order of the ledger: the one that it started under, and each change that was asked for. */
export function rubricChanges({ policyVersions, iterations, controls }: RunDescription): RubricChange[] {
  const first = policyVersions.at(0)?.rubricHash ?? iterations.at(0)?.rubricHash;
  const start: RubricChange[] =
    first === undefined ? [] : [{ by: 'start', hash: first, from: 0, pending: false }];
  const changes = controls.flatMap(({ event, effectiveAt }): RubricChange[] => {
    const hash = changedTo(event);
    if (hash === undefined) return [];
    const from = effectiveAt ?? event.iteration;
    return [
      {
        ...{
          by: event.kind === 'swap_rubric' ? 'swap' : 'rollback',
          hash,
          pending: effectiveAt === undefined,
        },
        ...(from === undefined ? {} : { from }),
      },
    ];
  });
  return [...start, ...changes];
}

function changedTo(event: RunDescription['controls'][number]['event']): string | undefined {
  if (event.kind === 'swap_rubric') return event.rubricHash;
  return event.kind === 'roll_back' && 'rubricHash' in event.to ? event.to.rubricHash : undefined;
}
