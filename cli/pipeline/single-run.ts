import { runExperiment, type ExperimentEnd, type ExperimentOptions } from './experiment.js';
import type { ServedWorkspaceOptions } from './served-workspace.js';
import { readRunInputs, withSeed } from './run-inputs.js';

export type SingleRunOptions = ExperimentOptions & ServedWorkspaceOptions;
export type SingleRunResult = ExperimentEnd;

/** Runs a run file to its end: one arm under its rubric, and a report. A swap in the file is the quickstart's. */
export async function singleRun(options: SingleRunOptions): Promise<SingleRunResult> {
  const { prompts, runFile, seed } = options;
  const inputs = await readRunInputs(runFile, prompts === undefined ? {} : { prompts });
  return runExperiment(['rubricA'], withSeed(inputs, seed), options);
}
