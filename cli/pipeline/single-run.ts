import { armsOfAlgorithms, type AlgorithmName } from './algorithms.js';
import { runExperiment, type ExperimentEnd, type ExperimentOptions } from './experiment.js';
import type { ServedWorkspaceOptions } from './served-workspace.js';
import { readRunInputs, withSeed } from './run-inputs.js';

export interface SingleRunOptions extends ExperimentOptions, ServedWorkspaceOptions {
  /** One arm each, from one checkpoint on one set of preferences; `ppo` alone unless told. */
  readonly algorithms?: readonly AlgorithmName[];
}

export type SingleRunResult = ExperimentEnd;

/** Runs a run file to its end: an arm per algorithm under its rubric, and a report. A swap in the file is the quickstart's. */
export async function singleRun(options: SingleRunOptions): Promise<SingleRunResult> {
  const { prompts, runFile, seed, algorithms = ['ppo'] } = options;
  const inputs = await readRunInputs(runFile, prompts === undefined ? {} : { prompts });
  return runExperiment(armsOfAlgorithms(algorithms), withSeed(inputs, seed), options);
}
