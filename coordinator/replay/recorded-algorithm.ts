import { z } from 'zod';
import type { AlgorithmOptions } from '../algorithm-options.js';

const klSchema = z.strictObject({
  placement: z.enum(['reward', 'loss']),
  kind: z.enum(['k1', 'k2', 'k3']),
  initial: z.number(),
  target: z.number().exactOptional(),
  horizon: z.number().exactOptional(),
});

/** Compiled algorithm options as an update record holds them. An option that this Majlis does not know is refused: it would be left out. */
export const recordedAlgorithmSchema: z.ZodType<AlgorithmOptions> = z.strictObject({
  estimator: z.enum([
    'ppo',
    'grpo',
    'dr_grpo',
    'rloo',
    'reinforce_plus_plus',
    'reinforce_plus_plus_baseline',
  ]),
  iterations: z.number(),
  promptsPerIteration: z.number(),
  groupSize: z.number(),
  epochs: z.number(),
  minibatches: z.number(),
  sequencesPerMicroBatch: z.number(),
  policyLearningRate: z.number(),
  criticLearningRate: z.number(),
  adamBetas: z.tuple([z.number(), z.number()]),
  adamEps: z.number(),
  weightDecay: z.number(),
  gradientClip: z.number(),
  gamma: z.number(),
  lambda: z.number(),
  epsLow: z.number(),
  epsHigh: z.number(),
  dualClip: z.number().exactOptional(),
  ratio: z.enum(['token', 'sequence']),
  entropyCoef: z.number(),
  valueClip: z.number().exactOptional(),
  aggregation: z.enum([
    'token_mean',
    'seq_mean_token_sum',
    'seq_mean_token_mean',
    'seq_mean_token_sum_norm',
    'token_sum',
  ]),
  whitenAdvantages: z.boolean(),
  rewardClip: z.number().exactOptional(),
  missingEosPenalty: z.number(),
  minimumScoredPerGroup: z.number(),
  importanceCap: z.number().exactOptional(),
  criticWarmupIterations: z.number(),
  criticOnlyAfterSwap: z.number(),
  targetKl: z.number().exactOptional(),
  excludedShareAlarm: z.number(),
  kl: klSchema,
});
