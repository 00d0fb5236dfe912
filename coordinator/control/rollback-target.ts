import type { RollbackTarget } from '../../core/domain/run.js';
import { BadInputError, MajlisError } from '../../core/errors.js';
import { findByPrefix, listCandidates } from './find-by-prefix.js';
import type { RollbackRequest } from './run-control.js';
import { rubricsInForce } from './rubrics-in-force.js';
import type { RubricHistory } from './rubrics-in-force.js';

/** Where a run can go back to, by what its ledger knows; a target that it never had is a BadInputError naming those that it had. */
export function rollbackTarget(run: string, to: RollbackRequest, history: RubricHistory): RollbackTarget {
  if (to === 'previous_rubric') return { rubricHash: previousRubric(run, history) };
  return 'policyVersion' in to
    ? { policyVersion: knownVersion(run, to.policyVersion, history) }
    : { rubricHash: knownRubric(run, to.rubricHash, history) };
}

function previousRubric(run: string, history: RubricHistory): string {
  const previous = rubricsInForce(history).at(-2);
  if (previous !== undefined) return previous;
  throw new MajlisError(`run ${run} has had one rubric only, so there is none to go back to`, {
    code: 'failed_precondition',
  });
}

function knownRubric(run: string, given: string, history: RubricHistory): string {
  const hashes = [...new Set(rubricsInForce(history))];
  const match = findByPrefix(hashes, given);
  if (match.kind === 'found') return match.name;
  throw new BadInputError({
    source: `rollback of run ${run}`,
    place: 'rubric',
    found: JSON.stringify(given),
    allowed: `one of the rubrics that were in force: ${listCandidates(match.candidates) || 'none yet'}`,
  });
}

function knownVersion(run: string, given: number, { policyVersions }: RubricHistory): number {
  const versions = policyVersions.map(({ version }) => version);
  if (versions.includes(given)) return given;
  const range = versions.length === 0 ? 'none yet' : `${Math.min(...versions)} to ${Math.max(...versions)}`;
  throw new BadInputError({
    source: `rollback of run ${run}`,
    place: 'policy version',
    found: String(given),
    allowed: `a version that the run has had: ${range}`,
  });
}
