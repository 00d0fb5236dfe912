import type { CommandResult } from '../session.js';
import { askForRubric, type AskedRun, type NamedRubric } from './ask-for-rubric.js';

/** Asks a run to change its rubric at an iteration boundary. */
export async function swapRubric(place: AskedRun, named: NamedRubric): Promise<CommandResult> {
  return askForRubric(place, named, (control, run, request) => control.swapRubric(run, request));
}
