/**
 * The controlled experiment. One SFT checkpoint, then three arms from it:
 *
 *   rubricA   the first rubric throughout
 *   swapped   the same, with the second rubric swapped in while the run is going
 *   placebo   the first rubric's preferences with their labels shuffled
 *
 * Stages end by steps, never by the clock; everything derives from the seed, so workers change nothing but time.
 */
import { BadInputError } from '../../core/errors.js';
import { EXPERIMENT_ARMS } from '../../workers/evaluation/arm-figures.js';
import { runExperiment, type ExperimentEnd, type ExperimentOptions } from './experiment.js';
import type { ServedWorkspaceOptions } from './served-workspace.js';
import { readRunInputs, withSeed } from './run-inputs.js';

export type QuickstartOptions = ExperimentOptions & ServedWorkspaceOptions;
export type QuickstartResult = ExperimentEnd;

/** Runs all three arms and writes report.html, report.txt, samples.jsonl and summary.json into the workspace. */
export async function quickstart(options: QuickstartOptions): Promise<QuickstartResult> {
  const inputs = withSeed(await readRunInputs(options.runFile), options.seed);
  if (inputs.config.swap === undefined) {
    throw new BadInputError({
      source: options.runFile,
      place: 'swap',
      found: 'nothing',
      allowed: 'swap: { rubric, iteration }, which the swapped arm needs',
    });
  }
  return runExperiment(EXPERIMENT_ARMS, inputs, options);
}
