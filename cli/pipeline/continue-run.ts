import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { MajlisError } from '../../core/errors.js';
import { runExperiment, type ExperimentEnd, type ExperimentOptions } from './experiment.js';
import { readRunInputs, withSeed } from './run-inputs.js';
import type { FoundRun } from './run-record.js';

/** What may be asked anew of a run that goes on; all else is as it began. */
export type ContinueOptions = Pick<
  ExperimentOptions,
  'workers' | 'workspace' | 'judge' | 'metrics' | 'services' | 'onProgress' | 'signal'
>;

/**
 * Goes on with a run that was interrupted, from its last checkpoint to its report. Everything that was stored is taken as
 * it is: the SFT checkpoint, reward models, accepted answers, finished iterations. Inputs that changed are refused.
 */
export async function continueRun(found: FoundRun, options: ContinueOptions): Promise<ExperimentEnd> {
  const { runFile, prompts, seed, arms } = found.record;
  const report = join(found.directory, 'report.html');
  if (existsSync(join(found.directory, 'summary.json'))) {
    throw new MajlisError(
      `run ${found.id} has ended, with its report in ${report}; start a new one with majlis run`,
      {
        code: 'failed_precondition',
      },
    );
  }
  const inputs = await readRunInputs(runFile, prompts === undefined ? {} : { prompts });
  return runExperiment(arms, withSeed(inputs, seed), { ...options, runFile, continued: found });
}
