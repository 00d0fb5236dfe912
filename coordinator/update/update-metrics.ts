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
  const ratio = meanMetric(policy, 'ratio');
  const squared = meanMetric(policy, 'ratio_squared');
  const variance =
    ratio === undefined || squared === undefined ? undefined : Math.max(squared - ratio ** 2, 0);
  return present({
    'policy/approxkl_avg': meanMetric(policy, 'approx_kl'),
    'policy/clipfrac_avg': meanMetric(policy, 'clip_fraction'),
    'policy/entropy_avg': meanMetric(policy, 'entropy'),
    'policy/grad_norm': meanOf(policy.map(({ gradNorm }) => gradNorm)),
    'policy/steps': policy.length,
    'loss/policy_avg': meanOf(policy.map(({ loss }) => loss)),
    'loss/value_avg': meanOf(critic.map(({ loss }) => loss)),
    'val/ratio': ratio,
    'val/ratio_var': variance,
    'val/ratio_first_minibatch': meanMetric(policy.slice(0, 1), 'ratio'),
    'val/clipfrac_avg': meanMetric(critic, 'clip_fraction'),
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

function present(metrics: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(metrics).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
