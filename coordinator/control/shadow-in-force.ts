import type { RubricHistory } from './rubrics-in-force.js';
import { rubricsInForce } from './rubrics-in-force.js';

/** A candidate that a run has, or will have from an iteration boundary on. */
export interface AskedShadow {
  readonly rubricHash: string;
  /** The iteration that it was asked for; absent: the next. */
  readonly iteration?: number;
  /** The iteration that it took effect before; absent while it is pending. */
  readonly effectiveAt?: number;
}

/**
 * The candidate that a run has or gets at its next boundary or, where there is none, the one that it gets later; undefined
 * where there is neither. What is to be stopped counts no more.
 */
export function shadowInForce(history: RubricHistory): AskedShadow | undefined {
  let now: AskedShadow | undefined;
  let later: AskedShadow | undefined;
  for (const { event, effectiveAt } of history.controls) {
    if (event.kind === 'shadow_rubric') {
      const { rubricHash, iteration } = event;
      const shadow = {
        rubricHash,
        ...(iteration === undefined ? {} : { iteration }),
        ...(effectiveAt === undefined ? {} : { effectiveAt }),
      };
      if (effectiveAt === undefined && iteration !== undefined) later = shadow;
      else now = shadow;
    } else if (event.kind === 'stop_shadow') {
      if (now?.rubricHash === event.rubricHash) now = undefined;
      else if (later?.rubricHash === event.rubricHash) later = undefined;
    }
  }
  return now === undefined || cameIntoForce(now, history) ? later : now;
}

/** One that came into force is no candidate any more, also where another followed it. */
function cameIntoForce({ rubricHash, effectiveAt }: AskedShadow, history: RubricHistory): boolean {
  if (effectiveAt === undefined) return false;
  const since = history.iterations.filter(({ iteration }) => iteration >= effectiveAt);
  return (
    since.some((record) => record.rubricHash === rubricHash) || rubricsInForce(history).at(-1) === rubricHash
  );
}
