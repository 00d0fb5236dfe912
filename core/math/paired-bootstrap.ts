import { invalid, requireFinite, requireWithin } from './argument-checks.js';
import { compensatedSum } from './compensated-sum.js';
import type { IntervalEstimate } from './interval-estimate.js';
import { quantile } from './quantile.js';
import type { Rng } from './rng.js';

export interface PairedBootstrapInput {
  /** What the two sides differ by on each prompt. [prompt] */
  readonly differences: Float64Array;
  /** Number of resamples; 2,000 or more for a 95% interval. */
  readonly resamples: number;
  /** The stream of this interval alone, so that it does not depend on what else was drawn. */
  readonly rng: Rng;
  /** Confidence level in (0, 1), such as 0.95. */
  readonly level: number;
}

/**
 * The mean difference with its percentile interval, resampling whole prompts (Efron & Tibshirani 1993, chapter 13):
 * both sides of a prompt stay together, which is what makes it paired.
 */
export function pairedBootstrap(input: PairedBootstrapInput): IntervalEstimate {
  requireInput(input);
  const { differences, rng, level } = input;
  const n = differences.length;
  const means = Float64Array.from({ length: input.resamples }, () => resampledMean(differences, rng)).sort();
  return {
    value: compensatedSum(differences) / n,
    low: quantile(means, (1 - level) / 2),
    high: quantile(means, (1 + level) / 2),
    n,
  };
}

function resampledMean(differences: Float64Array, rng: Rng): number {
  let sum = 0;
  for (let draw = 0; draw < differences.length; draw += 1)
    sum += differences[rng.integer(differences.length)];
  return sum / differences.length;
}

function requireInput({ differences, resamples, level }: PairedBootstrapInput): void {
  if (differences.length === 0) throw invalid('A bootstrap needs at least one prompt.');
  for (const difference of differences) requireFinite('A difference', difference);
  if (!Number.isInteger(resamples) || resamples < 1) {
    throw invalid(`The number of resamples is ${resamples}; it must be a positive integer.`);
  }
  requireWithin('The confidence level', level, Number.EPSILON, 1 - Number.EPSILON);
}
