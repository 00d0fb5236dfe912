import { adamStep } from '../../../../../core/trainer/embedded/adam.js';
import type { AdamSettings, AdamState } from '../../../../../core/trainer/embedded/adam.js';

function stateOf(weights: readonly number[], gradient: readonly number[]): AdamState {
  return {
    weights: Float32Array.from(weights),
    gradient: Float32Array.from(gradient),
    mean: new Float32Array(weights.length),
    variance: new Float32Array(weights.length),
  };
}

const SETTINGS: AdamSettings = { learningRate: 0.1, betas: [0.9, 0.99], eps: 0, weightDecay: 0, count: 1 };

describe('adamStep', () => {
  it('moves every weight by the learning rate against its slope in the first step', () => {
    const state = stateOf([1, 1, 1], [0.5, -3, 1e-3]);
    const { gradNorm, skipped } = adamStep(state, SETTINGS);
    expect([...state.weights].map((weight) => weight.toFixed(5))).toEqual(['0.90000', '1.10000', '0.90000']);
    expect(gradNorm).toBeCloseTo(Math.sqrt(0.25 + 9 + 1e-6), 6);
    expect(skipped).toBe(false);
  });

  it('corrects the bias of both moments in the second step', () => {
    // By hand: m = 0.9·0.1 + 0.1·(−1) = −0.01 → /0.19 = −0.0526316; v = 0.99·0.01 + 0.01 = 0.0199 → /0.0199 = 1.
    const state = stateOf([0], [1]);
    adamStep(state, SETTINGS);
    state.gradient[0] = -1;
    adamStep(state, { ...SETTINGS, count: 2 });
    expect(state.weights[0]).toBeCloseTo(-0.1 + 0.1 * 0.0526316, 6);
  });

  it('adds eps to the root of the corrected second moment', () => {
    // m̂ = 0.5, √v̂ = 0.5, so the step is 0.1 · 0.5 / (0.5 + 0.5).
    const state = stateOf([0], [0.5]);
    adamStep(state, { ...SETTINGS, eps: 0.5 });
    expect(state.weights[0]).toBeCloseTo(-0.05, 6);
  });

  it('decays weights apart from the gradient', () => {
    const state = stateOf([2], [1]);
    adamStep(state, { ...SETTINGS, weightDecay: 0.5 });
    expect(state.weights[0]).toBeCloseTo(2 * (1 - 0.1 * 0.5) - 0.1, 6);
  });

  it('scales the gradient down to the clip norm, and leaves a smaller one alone', () => {
    const clipped = stateOf([0, 0], [3, 4]);
    expect(adamStep(clipped, { ...SETTINGS, clip: 1 }).gradNorm).toBeCloseTo(5, 6);
    expect(clipped.mean[0]).toBeCloseTo(0.1 * 0.6, 6);
    expect(clipped.mean[1]).toBeCloseTo(0.1 * 0.8, 6);
    const small = stateOf([0, 0], [0.3, 0.4]);
    adamStep(small, { ...SETTINGS, clip: 1 });
    expect(small.mean[0]).toBeCloseTo(0.03, 7);
  });

  it.each([NaN, Infinity])('changes nothing for a gradient with %p', (slope) => {
    const state = stateOf([1, 2], [0.1, slope]);
    expect(adamStep(state, { ...SETTINGS, weightDecay: 0.5 }).skipped).toBe(true);
    expect([...state.weights, ...state.mean, ...state.variance]).toEqual([1, 2, 0, 0, 0, 0]);
  });
});
