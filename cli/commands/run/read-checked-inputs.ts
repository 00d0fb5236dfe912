import { BadInputError } from '../../../core/errors.js';
import { compileAlgorithm, type AlgorithmOptions } from '../../../coordinator/algorithm-options.js';
import { readRunInputs, type RunInputs } from '../../pipeline/run-inputs.js';
import { loadRunRubrics, type RunRubrics } from '../../pipeline/run-rubrics.js';

/** A run's inputs, all of them read and checked against each other. */
export interface CheckedInputs {
  readonly inputs: RunInputs;
  readonly algorithm: AlgorithmOptions;
  readonly rubrics: RunRubrics;
}

/** Reads all that a run file names, so that bad input costs nothing and touches nothing that is stored. */
export async function readCheckedInputs(runFile: string, prompts?: string): Promise<CheckedInputs> {
  const inputs = await readRunInputs(runFile, prompts === undefined ? {} : { prompts });
  return {
    inputs,
    algorithm: requireEveryLocale(algorithmOf(inputs, runFile), inputs, runFile),
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

/** An iteration that asks nothing in one of the locales could not say how that one fares. */
function requireEveryLocale(
  algorithm: AlgorithmOptions,
  { locales }: RunInputs,
  runFile: string,
): AlgorithmOptions {
  const { promptsPerIteration } = algorithm;
  if (promptsPerIteration >= locales.length) return algorithm;
  throw new BadInputError({
    source: runFile,
    place: 'algorithm.promptsPerIteration',
    found: String(promptsPerIteration),
    allowed: `at least ${locales.length}, one prompt in each of the run's locales`,
  });
}
