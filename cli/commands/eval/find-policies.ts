import type { PolicyVersion } from '../../../core/domain/policy.js';
import { BadInputError, MajlisError } from '../../../core/errors.js';
import { readModelDirectory } from '../../../core/network/model-directory/read-model-directory.js';
import type { Clock } from '../../../core/runtime/clock.js';
import { withRun } from '../open-ledger.js';

/** What to evaluate: a run of the workspace, or two Hugging Face directories. */
export interface PolicyChoice {
  readonly workspace: string;
  readonly run?: string;
  readonly policy?: string;
  readonly reference?: string;
}

/** A policy, the one that it started from, and the rubric that it ended under where a run says so. */
export interface ComparedPolicies {
  readonly policy: PolicyVersion;
  readonly reference: PolicyVersion;
  readonly rubricHash?: string;
}

/** A run's last policy against its version 0, or the directories that were named. */
export async function findPolicies(choice: PolicyChoice, clock: Clock): Promise<ComparedPolicies> {
  const { workspace, run, policy, reference } = choice;
  if (run !== undefined && policy === undefined && reference === undefined) {
    return policiesOfRun({ workspace, run }, clock);
  }
  if (run === undefined && policy !== undefined && reference !== undefined) {
    return { policy: await directoryPolicy(policy, 1), reference: await directoryPolicy(reference, 0) };
  }
  const given = Object.entries({ run, '--policy': policy, '--reference': reference });
  const found = given.flatMap(([name, value]) => (value === undefined ? [] : [name])).join(' and ');
  throw new BadInputError({
    source: 'eval',
    found: found === '' ? 'nothing to evaluate' : found,
    allowed: 'a run, or --policy DIR with --reference DIR',
  });
}

async function policiesOfRun(
  place: { readonly workspace: string; readonly run: string },
  clock: Clock,
): Promise<ComparedPolicies> {
  const versions = await withRun(place, clock, (ledger, run) => ledger.policyVersions(run.id));
  const [reference] = versions;
  const policy = versions.at(-1);
  if (policy === undefined || policy.version === reference.version) {
    const message = `run ${place.run} has published no policy after its first, so there is nothing to compare`;
    throw new MajlisError(message, { code: 'failed_precondition' });
  }
  return { policy, reference, rubricHash: policy.rubricHash };
}

async function directoryPolicy(location: string, version: number): Promise<PolicyVersion> {
  const { sha256: hash } = await readModelDirectory(location);
  return { version, hash, location };
}
