import type { ControlPlace } from '../../control/with-control.js';
import type { CommandResult } from '../session.js';
import { askForRubric, type NamedRubric } from './ask-for-rubric.js';

/** Asks a run to change its rubric at an iteration boundary. */
export async function swapRubric(
  place: ControlPlace & { readonly run: string },
  named: NamedRubric,
): Promise<CommandResult> {
  return askForRubric(place, named, (control, run, request) => control.swapRubric(run, request));
}
