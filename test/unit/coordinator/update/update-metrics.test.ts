import { DEFAULT_ALGORITHM } from '../../../../coordinator/algorithm-options.js';
import type { StepTaken } from '../../../../coordinator/update/train-model.js';
import { updateMetrics } from '../../../../coordinator/update/update-metrics.js';

function step(metrics: StepTaken['metrics'], loss = 1, skipped = false): StepTaken {
  const minibatch = { epoch: 0, sequences: [0], weights: Float64Array.of(1), normalizer: 1 };
  return { minibatch, loss, gradNorm: 2 * loss, skipped, metrics };
}

describe('updateMetrics', () => {
  const policy = [
    step({ ratio: { sum: 10, count: 10 }, clipped: { sum: 0, count: 10 } }, 1),
    step({ ratio: { sum: 36, count: 30 }, clipped: { sum: 6, count: 30 } }, 3),
  ];

  it('weighs a token metric by the tokens of each step, and a loss by step', () => {
    const metrics = updateMetrics(policy, [], DEFAULT_ALGORITHM);
    expect(metrics['val/ratio']).toBeCloseTo(46 / 40, 12);
    expect(metrics['policy/clipfrac_avg']).toBeCloseTo(6 / 40, 12);
    expect(metrics['loss/policy_avg']).toBe(2);
    expect(metrics['policy/grad_norm']).toBe(4);
  });

  it('gives the first minibatch’s ratio and the variance of the steps’ ratios', () => {
    const metrics = updateMetrics(policy, [], DEFAULT_ALGORITHM);
    expect(metrics['val/ratio_first_minibatch']).toBe(1);
    // Means 1 and 1.2.
    expect(metrics['val/ratio_var']).toBeCloseTo(0.02, 12);
  });

  it('leaves out what nobody reported, and counts skipped steps of both models', () => {
    const metrics = updateMetrics([], [step({}, 1, true), step({})], DEFAULT_ALGORITHM);
    expect(metrics).not.toHaveProperty('val/ratio');
    expect(metrics).not.toHaveProperty('loss/policy_avg');
    expect(metrics).toMatchObject({ 'update/skipped_steps': 1, 'val/steps': 2, 'policy/steps': 0 });
  });
});
