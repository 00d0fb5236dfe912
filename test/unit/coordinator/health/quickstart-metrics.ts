import type { FinishedIteration } from '../../../../coordinator/health/health-history.js';

/** Policy version, objective/kl, objective/entropy, answers/mean_length. [iteration][column] */
const RECORDED: readonly (readonly [number, number, number, number])[] = [
  [0, 0, 9.36025, 18.9844],
  [0, 0, 8.94199, 18.8008],
  [0, 0, 9.05324, 18.25],
  [1, 0.393874, 9.60364, 19],
  [2, 0.303138, 8.95033, 18.6133],
  [3, 0.385743, 9.0137, 19.0195],
  [4, 0.316799, 9.14453, 19.0586],
  [5, 0.39421, 8.77808, 19.2148],
  [6, 0.546973, 8.79534, 18.3242],
  [6, 0.647932, 9.01093, 18.6016],
  [7, 0.568405, 8.6081, 18.9922],
  [8, 0.359473, 8.90382, 18.9453],
  [9, 0.443926, 9.65876, 18.4805],
  [10, 0.35889, 9.38005, 18.8047],
  [11, 0.483454, 9.1305, 18.1563],
  [12, 0.565647, 9.27248, 18.6133],
  [13, 0.580984, 8.87747, 18.1758],
  [14, 0.501445, 9.13215, 18.1992],
  [15, 0.736547, 9.10612, 18.6719],
  [16, 0.566266, 9.2729, 18.6641],
  [17, 0.547137, 8.90858, 18.9141],
  [18, 0.512225, 8.62472, 18.4883],
  [19, 0.557926, 9.6029, 18.5586],
  [20, 0.669191, 9.32688, 18.8203],
  [21, 0.623613, 8.76195, 19.0469],
  [22, 0.624789, 8.84863, 18.5313],
  [23, 0.624257, 8.71395, 18.5234],
  [24, 0.806397, 8.86894, 18.4727],
];

/** algorithm.kl.target of the run. */
export const RECORDED_KL_TARGET = 0.6;

/** A recorded quickstart: the Arabic run whose rubric is swapped before iteration 8, 28 iterations, seed 1. */
export const recordedQuickstart: readonly FinishedIteration[] = RECORDED.map(
  ([policyVersion, kl, entropy, length], iteration) => ({
    iteration,
    policyVersion,
    rewardModelHash: 'model-a',
    metrics: {
      'objective/kl': kl,
      'objective/entropy': entropy,
      'answers/mean_length': length,
      'rewards/excluded_share': 0,
      'update/skipped_steps': 0,
      lr: 4e-4,
    },
  }),
);
