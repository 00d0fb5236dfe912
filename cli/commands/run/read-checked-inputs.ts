import type { Rubric } from '../../../core/domain/rubric.js';
import { BadInputError } from '../../../core/errors.js';
import { compileAlgorithm, type AlgorithmOptions } from '../../../coordinator/algorithm-options.js';
import { loadRunRubrics } from '../../pipeline/prepare-run.js';
import { readRunInputs, type RunInputs } from '../../pipeline/run-inputs.js';

/** A run's inputs, all of them read and checked against each other. */
export interface CheckedInputs {
  readonly inputs: RunInputs;
  readonly algorithm: AlgorithmOptions;
  /** The run's rubric, then the one that is swapped in, where one is. */
  readonly rubrics: readonly Rubric[];
}

/** Reads all that a run file names, so that bad input costs nothing and touches nothing that is stored. */
export async function readCheckedInputs(runFile: string, prompts?: string): Promise<CheckedInputs> {
  const inputs = await readRunInputs(runFile, prompts === undefined ? {} : { prompts });
  return {
    inputs,
    algorithm: algorithmOf(inputs, runFile),
    rubrics: await loadRunRubrics(runFile, inputs),
  };
}

function algorithmOf({ config }: RunInputs, runFile: string): AlgorithmOptions {
  try {
    return compileAlgorithm(config.algorithm);
  } catch (thrown) {
    if (!(thrown instanceof BadInputError)) throw thrown;
    const place = ['algorithm', thrown.input.place].filter((part) => part !== undefined).join('.');
    throw new BadInputError({ ...thrown.input, source: runFile, place }, thrown);
  }
}
