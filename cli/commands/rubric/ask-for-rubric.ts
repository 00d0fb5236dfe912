import type { Rubric } from '../../../core/domain/rubric.js';
import type { ControlOutcome, RubricRequest } from '../../../coordinator/control/run-control.js';
import type { RunControlClient } from '../../control/run-control-client.js';
import { storeRubric } from '../../control/stored-rubrics.js';
import { withControlOf, type ControlPlace } from '../../control/with-control.js';
import type { CommandResult } from '../session.js';
import { outcomeJson, outcomeText } from '../steer/describe-outcome.js';
import { findRubric } from './find-rubric.js';

export interface NamedRubric {
  /** A shipped rubric's id, or a file. */
  readonly rubric: string;
  /** Takes effect before this iteration; before the next one unless told. */
  readonly iteration?: number;
}

/** What is asked of a run with a rubric. */
export type AskWithRubric = (
  control: RunControlClient,
  run: string,
  request: RubricRequest,
) => Promise<ControlOutcome>;

/**
 * Asks something of a run that takes effect at an iteration boundary and names a rubric. The rubric's content is kept in the
 * workspace first: the ledger names it by hash alone.
 */
export async function askForRubric(
  place: ControlPlace & { readonly run: string },
  { rubric: name, iteration }: NamedRubric,
  ask: AskWithRubric,
): Promise<CommandResult> {
  return withControlOf(place, async (control, run) => {
    const rubric = await findRubric(name);
    await storeRubric(place.workspace, rubric);
    const when = iteration === undefined ? {} : { iteration };
    return result(rubric, await ask(control, run, { rubric: rubric.hash, ...when }));
  });
}

function result({ id, version, hash }: Rubric, outcome: ControlOutcome): CommandResult {
  return {
    json: { ...outcomeJson(outcome), rubric: id, rubricHash: hash },
    text: `${id} ${version} for ${outcomeText(outcome)}`,
  };
}
