import type { Rubric } from '../../../../core/domain/rubric.js';
import type { RunDescription } from '../../../../coordinator/control/run-control.js';
import { formatTable } from '../../../terminal/format-table.js';
import type { CommandResult } from '../../session.js';
import type { RubricsAtHand } from './known-rubrics.js';
import { rubricChanges, type RubricChange } from './rubric-changes.js';

/** Which rubric was in force in a run from when on, with what is known of each. */
export function historyOfRun(description: RunDescription, { rubrics, sets }: RubricsAtHand): CommandResult {
  const changes = rubricChanges(description);
  const { id } = description.run;
  if (changes.length === 0) {
    return { json: { run: id, rubrics: [] }, text: `run ${id} has not started, and no rubric was asked for` };
  }
  const membersOf = (hash: string): (Rubric | undefined)[] =>
    (sets.get(hash) ?? [hash]).map((member) => rubrics.get(member));
  const entries = changes.map((change) => {
    const [first, ...others] = membersOf(change.hash);
    if (others.length === 0) return { ...change, ...identity(first) };
    const hashes = sets.get(change.hash) ?? [];
    return { ...change, rubrics: hashes.map((hash) => ({ hash, ...identity(rubrics.get(hash)) })) };
  });
  const rows = changes.map((change) => row(change, membersOf(change.hash)));
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

/** Of several locales, all that are in force together. */
function row({ by, hash, from, pending }: RubricChange, rubrics: readonly (Rubric | undefined)[]): string[] {
  const when = from === undefined ? 'the next boundary' : String(from);
  return [
    pending ? `${when} (pending)` : when,
    by,
    rubrics
      .map((rubric) => (rubric === undefined ? 'content not kept here' : `${rubric.id} ${rubric.version}`))
      .join(', '),
    hash.slice(0, 12),
    rubrics
      .map((rubric) =>
        rubric?.parent === undefined ? '-' : `${rubric.parent.version} ${rubric.parent.hash.slice(0, 12)}`,
      )
      .join(', '),
  ];
}
