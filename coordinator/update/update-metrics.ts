import type { AlgorithmOptions } from '../algorithm-options.js';
import { meanMetric } from './train-model.js';
import type { StepTaken } from './train-model.js';

/**
 * What the optimizer steps of an iteration say, under TRL's names where it has one. Ratios and KL are measured before
 * each step, so the first minibatch's ratio says whether trainer and stored log-probs agree: it is 1. A figure that no
 * step reported is absent.
 */
export function updateMetrics(
  policy: readonly StepTaken[],
  critic: readonly StepTaken[],
  algorithm: AlgorithmOptions,
): Record<string, number> {
  return present({
    'policy/approxkl_avg': meanMetric(policy, 'approximateKl'),
    'policy/clipfrac_avg': meanMetric(policy, 'clipped'),
    'policy/entropy_avg': meanMetric(policy, 'entropy'),
    'policy/grad_norm': meanOf(policy.map(({ gradNorm }) => gradNorm)),
    'policy/steps': policy.length,
    'loss/policy_avg': meanOf(policy.map(({ loss }) => loss)),
    'loss/value_avg': meanOf(critic.map(({ loss }) => loss)),
    'val/ratio': meanMetric(policy, 'ratio'),
    'val/ratio_var': varianceOf(policy.map((step) => meanMetric([step], 'ratio'))),
    'val/ratio_first_minibatch': meanMetric(policy.slice(0, 1), 'ratio'),
    'val/clipfrac_avg': meanMetric(critic, 'clipped'),
    'val/grad_norm': meanOf(critic.map(({ gradNorm }) => gradNorm)),
    'val/steps': critic.length,
    'update/skipped_steps': [...policy, ...critic].filter(({ skipped }) => skipped).length,
    lr: algorithm.policyLearningRate,
  });
}

function meanOf(numbers: readonly number[]): number | undefined {
  if (numbers.length === 0) return undefined;
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}

/** Unbiased variance of the steps' means. */
function varianceOf(means: readonly (number | undefined)[]): number | undefined {
  const numbers = means.filter((mean) => mean !== undefined);
  const mean = meanOf(numbers);
  if (mean === undefined || numbers.length < 2) return undefined;
  return numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0) / (numbers.length - 1);
}

function present(metrics: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
