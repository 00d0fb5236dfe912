import { BadInputError } from '../../core/errors.js';
import { findByPrefix, listCandidates } from '../../coordinator/control/find-by-prefix.js';
import type { RunControl } from '../../coordinator/control/run-control.js';

/** The whole id of a run that a person may have cut short; an unknown or ambiguous one is a BadInputError with candidates. */
export async function resolveRun(control: RunControl, given: string): Promise<string> {
  const runs = await control.listRuns({ withProgress: false });
  // The newest first: it is most likely meant.
  const ids = runs.map(({ run }) => run.id).reverse();
  const match = findByPrefix(ids, given);
  if (match.kind === 'found') return match.name;
  const found = JSON.stringify(given);
  const candidates = listCandidates(match.candidates);
  if (match.kind === 'ambiguous') {
    throw new BadInputError({
      source: 'RUN',
      found: `${found}, with which several runs begin`,
      allowed: `one of ${candidates}`,
    });
  }
  const allowed =
    candidates === '' ? 'a run; the workspace has none' : `a run of the workspace: ${candidates}`;
  throw new BadInputError({ source: 'RUN', found, allowed });
}
