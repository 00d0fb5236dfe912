import { storeRubric } from '../../control/stored-rubrics.js';
import { withControlOf, type ControlPlace } from '../../control/with-control.js';
import type { CommandResult } from '../session.js';
import { outcomeJson, outcomeText } from '../steer/describe-outcome.js';
import { findRubric } from './find-rubric.js';

export interface SwapRequest {
  /** A shipped rubric's id, or a file. */
  readonly rubric: string;
  /** Takes effect before this iteration; before the next one unless told. */
  readonly iteration?: number;
}

/**
 * Asks a run to change its rubric at an iteration boundary. The rubric's content is kept in the workspace first: the ledger
 * names it by hash alone.
 */
export async function swapRubric(
  place: ControlPlace & { readonly run: string },
  { rubric: name, iteration }: SwapRequest,
): Promise<CommandResult> {
  return withControlOf(place, async (control, run) => {
    const rubric = await findRubric(name);
    await storeRubric(place.workspace, rubric);
    const outcome = await control.swapRubric(run, {
      rubric: rubric.hash,
      ...(iteration === undefined ? {} : { iteration }),
    });
    return {
      json: { ...outcomeJson(outcome), rubric: rubric.id, rubricHash: rubric.hash },
      text: `${rubric.id} ${rubric.version} for ${outcomeText(outcome)}`,
    };
  });
}
