import type { Rubric } from '../../../../core/domain/rubric.js';
import type { RunDescription } from '../../../../coordinator/control/run-control.js';
import { formatTable } from '../../../terminal/format-table.js';
import type { CommandResult } from '../../session.js';
import { rubricChanges, type RubricChange } from './rubric-changes.js';

/** Which rubric was in force in a run from when on, with what is known of each. */
export function historyOfRun(
  description: RunDescription,
  rubrics: ReadonlyMap<string, Rubric>,
): CommandResult {
  const changes = rubricChanges(description);
  const { id } = description.run;
  if (changes.length === 0) {
    return { json: { run: id, rubrics: [] }, text: `run ${id} has not started, and no rubric was asked for` };
  }
  const entries = changes.map((change) => ({ ...change, ...identity(rubrics.get(change.hash)) }));
  const rows = changes.map((change) => row(change, rubrics.get(change.hash)));
  return {
    json: { run: id, rubrics: entries },
    text: formatTable(['from iteration', 'by', 'rubric', 'hash', 'made from'], rows),
  };
}

function identity(rubric: Rubric | undefined): object {
  if (rubric === undefined) return {};
  const { id, version, status, parent } = rubric;
  return { id, version, status, ...(parent === undefined ? {} : { parent }) };
}

function row({ by, hash, from, pending }: RubricChange, rubric: Rubric | undefined): string[] {
  const when = from === undefined ? 'the next boundary' : String(from);
  return [
    pending ? `${when} (pending)` : when,
    by,
    rubric === undefined ? 'content not kept here' : `${rubric.id} ${rubric.version}`,
    hash.slice(0, 12),
    rubric?.parent === undefined ? '-' : `${rubric.parent.version} ${rubric.parent.hash.slice(0, 12)}`,
  ];
}
