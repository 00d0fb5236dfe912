import { existsSync } from 'node:fs';
import type { Rubric } from '../../../core/domain/rubric.js';
import { BadInputError } from '../../../core/errors.js';
import type { RunDescription } from '../../../coordinator/control/run-control.js';
import { storedSetMembers } from '../../control/stored-rubric-sets.js';
import { resolveRun } from '../../control/resolve-run.js';
import { withControl, type ControlPlace } from '../../control/with-control.js';
import { isRubricId } from '../../pipeline/rubric-file.js';
import { ledgerFile } from '../open-ledger.js';
import type { CommandResult } from '../session.js';
import { findRubric } from './find-rubric.js';
import { historyOfRubric } from './history/history-of-rubric.js';
import { historyOfRun } from './history/history-of-run.js';
import { knownRubrics } from './history/known-rubrics.js';

/** The rubrics of a run, or the versions of a rubric, whichever the name stands for; a rubric's id comes first. */
export async function rubricHistory(place: ControlPlace, name: string): Promise<CommandResult> {
  const known = new Map(await knownRubrics(place.workspace));
  const sets = await storedSetMembers(place.workspace);
  if (!isRubricId(name) && existsSync(name)) {
    const rubric = await findRubric(name);
    return historyOfRubric(
      rubric.id,
      { rubrics: known.set(rubric.hash, rubric), sets },
      await describeRuns(place),
    );
  }
  if ([...known.values()].some(({ id }) => id === name)) {
    return historyOfRubric(name, { rubrics: known, sets }, await describeRuns(place));
  }
  if (!existsSync(ledgerFile(place.workspace))) throw unknownName(name, known, place.workspace);
  return withControl(place, async (control) =>
    historyOfRun(await control.describeRun(await resolveRun(control, name)), { rubrics: known, sets }),
  );
}

/** Every run of the workspace; none where it has no ledger yet. */
async function describeRuns(place: ControlPlace): Promise<RunDescription[]> {
  if (!existsSync(ledgerFile(place.workspace))) return [];
  return withControl(place, async (control) => {
    const runs: RunDescription[] = [];
    for (const { run } of await control.listRuns({ withProgress: false })) {
      runs.push(await control.describeRun(run.id));
    }
    return runs;
  });
}

function unknownName(name: string, known: ReadonlyMap<string, Rubric>, workspace: string): BadInputError {
  const ids = [...new Set([...known.values()].map(({ id }) => id))].sort();
  return new BadInputError({
    source: 'RUN-or-ID',
    found: JSON.stringify(name),
    allowed: `a rubric (${ids.join(', ')}) or a run; workspace ${workspace} has no ledger yet`,
  });
}
