import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MajlisError } from '../../core/errors.js';
import {
  experimentIn,
  type ExperimentEnd,
  type ExperimentOptions,
  type ExperimentRequest,
} from './experiment.js';
import { withServedWorkspace, type ServedWorkspaceOptions } from './served-workspace.js';
import { readRunInputs, withSeed } from './run-inputs.js';
import type { FoundRun } from './run-record.js';

/** What may be asked anew of a run that goes on; all else is as it began. */
export type ContinueOptions = Pick<
  ExperimentOptions,
  'workers' | 'judge' | 'places' | 'onProgress' | 'signal'
>;

/**
 * Goes on with a run that was interrupted, from its last checkpoint to its report. Everything that was stored is taken as
 * it is: the SFT checkpoint, reward models, accepted answers, finished iterations. Inputs that changed are refused.
 */
export async function continueRun(
  found: FoundRun,
  options: ContinueOptions & ServedWorkspaceOptions,
): Promise<ExperimentEnd> {
  requireUnfinished(found);
  const request = await continuation(found, options);
  return withServedWorkspace(options, async (served) => experimentIn(served, request));
}

/** What a run that goes on asks for, read anew from the files that it began with. */
export async function continuation(found: FoundRun, options: ContinueOptions): Promise<ExperimentRequest> {
  const { runFile, prompts, seed, arms } = found.record;
  const inputs = await readRunInputs(runFile, prompts === undefined ? {} : { prompts });
  return { arms, inputs: withSeed(inputs, seed), options: { ...options, runFile, continued: found } };
}

function requireUnfinished({ id, directory }: FoundRun): void {
  if (!existsSync(join(directory, 'summary.json'))) return;
  const report = join(directory, 'report.html');
  const message = `run ${id} has ended, with its report in ${report}; start a new one with majlis run`;
  throw new MajlisError(message, { code: 'failed_precondition' });
}
