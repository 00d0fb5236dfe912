import type { RunDescription } from '../../../../coordinator/control/run-control.js';
import { compareVersions } from '../../../../reward/rubric/semantic-version.js';
import { formatTable } from '../../../terminal/format-table.js';
import type { CommandResult } from '../../session.js';
import type { RubricsAtHand } from './known-rubrics.js';
import { rubricChanges } from './rubric-changes.js';

interface Use {
  readonly run: string;
  readonly by: string;
  readonly from?: number;
  readonly pending: boolean;
}

/** The versions of a rubric that are at hand, lowest first, with what each was made from and the runs that took it up. */
export function historyOfRubric(
  id: string,
  { rubrics, sets }: RubricsAtHand,
  runs: readonly RunDescription[],
): CommandResult {
  const versions = [...rubrics.values()]
    .filter((rubric) => rubric.id === id)
    .sort((a, b) => compareVersions(a.version, b.version) || (a.hash < b.hash ? -1 : 1))
    .map(({ version, hash, status, parent }) => ({
      ...{ version, hash, status, uses: runs.flatMap((run) => usesOf(hash, run, sets)) },
      ...(parent === undefined ? {} : { parent }),
    }));
  const rows = versions.map(({ version, hash, status, parent, uses }) => [
    version,
    hash.slice(0, 12),
    status,
    parent === undefined ? '-' : `${parent.id} ${parent.version} ${parent.hash.slice(0, 12)}`,
    uses.length === 0 ? '-' : uses.map(useText).join(', '),
  ]);
  return {
    json: { id, versions },
    text: formatTable(['version', 'hash', 'status', 'made from', 'in force in'], rows),
  };
}

/** One that stays while the rubric of another locale changes is in force once. */
function usesOf(hash: string, description: RunDescription, sets: RubricsAtHand['sets']): Use[] {
  const isIn = (changed: string | undefined): boolean =>
    changed === hash || sets.get(changed ?? '')?.includes(hash) === true;
  return rubricChanges(description)
    .filter((change, at, all) => isIn(change.hash) && (change.hash === hash || !isIn(all[at - 1]?.hash)))
    .map(({ by, from, pending }) => ({
      ...{ run: description.run.id, by, pending },
      ...(from === undefined ? {} : { from }),
    }));
}

function useText({ run, by, from, pending }: Use): string {
  const when = from === undefined ? 'the next boundary' : `iteration ${from}`;
  return `${run} from ${when} (${pending ? `${by}, pending` : by})`;
}
