import { z } from 'zod';

const positive = z.number().positive().finite();
const nonNegative = z.number().min(0).finite();
const count = z.int().min(1);
const steps = z.int().min(0);

export const modelSchema = z.strictObject({
  layers: count.default(2),
  width: count.default(96),
  heads: count.default(4),
  vocabSize: z.int().min(300).max(65_536).default(768),
  contextLength: z.int().min(32).max(4096).default(256),
});

export const supervisedSchema = z.strictObject({
  steps: steps.default(600),
  sequencesPerStep: count.default(32),
  learningRate: positive.default(3e-3),
  warmupSteps: steps.default(30),
});

export const preferencesSchema = z.strictObject({
  answersPerPrompt: z.int().min(2).default(6),
  /** Pairs drawn per prompt at most. */
  pairsPerPrompt: count.default(4),
});

export const rewardModelSchema = z.strictObject({
  heads: count.default(2),
  steps: steps.default(200),
  pairsPerStep: count.default(32),
  learningRate: positive.default(1e-3),
});

export const samplingSchema = z.strictObject({
  maxNewTokens: count.default(48),
  temperature: positive.default(1),
});

export const klSchema = z.strictObject({
  /** β₀, the first coefficient. */
  initial: nonNegative.default(0.2),
  /** Nats per sequence that the adaptive controller steers to; absent keeps β fixed. */
  target: positive.optional(),
  /** In samples; about ten iterations is what moves within a short run. */
  horizon: positive.optional(),
});

export const algorithmSchema = z.strictObject({
  estimator: z
    .enum(['ppo', 'grpo', 'dr_grpo', 'rloo', 'reinforce_plus_plus', 'reinforce_plus_plus_baseline'])
    .default('ppo'),
  iterations: steps.default(40),
  promptsPerIteration: count.default(16),
  groupSize: count.default(8),
  epochs: count.default(2),
  minibatches: count.default(2),
  policyLearningRate: positive.default(5e-4),
  criticLearningRate: positive.default(1e-3),
  gamma: z.number().min(0).max(1).default(1),
  lambda: z.number().min(0).max(1).default(0.95),
  epsLow: positive.default(0.2),
  epsHigh: positive.default(0.2),
  valueClip: positive.default(0.2),
  gradientClip: positive.default(1),
  criticWarmupIterations: steps.default(2),
  /** Critic-only iterations after a rubric swap, before the policy moves again. */
  criticOnlyAfterSwap: steps.default(1),
  /** Stops the epochs of an iteration once the approximate KL to the old policy passes it. */
  targetKl: positive.optional(),
  kl: klSchema.prefault({}),
});

/** A run's configuration as a person writes it; paths are relative to the file. */
export const runConfigSchema = z.strictObject({
  name: z.string().min(1),
  locale: z.string().min(2),
  seed: z.int().min(0).default(1),
  data: z.strictObject({
    corpus: z.string(),
    prompts: z.string(),
    heldOutPrompts: z.string(),
    goldPairs: z.string(),
    controlPairs: z.string(),
    controlGold: z.string(),
  }),
  rubric: z.string(),
  swap: z.strictObject({ rubric: z.string(), iteration: count }).optional(),
  model: modelSchema.prefault({}),
  supervised: supervisedSchema.prefault({}),
  preferences: preferencesSchema.prefault({}),
  rewardModel: rewardModelSchema.prefault({}),
  sampling: samplingSchema.prefault({}),
  algorithm: algorithmSchema.prefault({}),
});

/** The compiled configuration: every default filled in. */
export type RunConfig = z.infer<typeof runConfigSchema>;
