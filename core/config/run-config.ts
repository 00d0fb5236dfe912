import { z } from 'zod';
import { baselinesSchema } from './baselines-options.js';
import { engineChoiceSchema, trainerChoiceSchema } from './compute-options.js';
import { healthSchema } from './health-options.js';
import { judgesSchema } from './judges-options.js';
import { modelSchema } from './model-options.js';
import { rewardModelSchema } from './reward-model-options.js';
import { localeMisfits, runDataSchema, runLocaleSchema } from './run-locales.js';
import { watchSchema } from './watch-options.js';

/**
 * A run file's schema. Unknown keys are refused. What is optional without a default here takes the algorithm's own
 * default (`coordinator/algorithm-options.ts`); docs/run-file.md names every key.
 */
const positive = z.number().positive();
const nonNegative = z.number().min(0);
const share = z.number().min(0).max(1);
const count = z.int().min(1);
const steps = z.int().min(0);

const supervisedSchema = z.strictObject({
  steps: steps.default(600),
  sequencesPerStep: count.default(32),
  learningRate: positive.default(3e-3),
  warmupSteps: steps.default(30),
  promptNoise: share.default(0.2),
});

const preferencesSchema = z.strictObject({
  answersPerPrompt: z.int().min(2).default(6),
  pairsPerPrompt: count.default(4),
});

const samplingSchema = z.strictObject({
  maxNewTokens: count.default(48),
  temperature: positive.default(1),
});

const klSchema = z.strictObject({
  placement: z.enum(['reward', 'loss']).exactOptional(),
  kind: z.enum(['k1', 'k2', 'k3']).exactOptional(),
  initial: nonNegative.exactOptional(),
  target: positive.exactOptional(),
  horizon: positive.exactOptional(),
});

const algorithmSchema = z.strictObject({
  estimator: z
    .enum(['ppo', 'grpo', 'dr_grpo', 'rloo', 'reinforce_plus_plus', 'reinforce_plus_plus_baseline'])
    .exactOptional(),
  iterations: steps.exactOptional(),
  promptsPerIteration: count.exactOptional(),
  groupSize: count.exactOptional(),
  epochs: count.exactOptional(),
  minibatches: count.exactOptional(),
  sequencesPerMicroBatch: count.exactOptional(),
  policyLearningRate: positive.exactOptional(),
  criticLearningRate: positive.exactOptional(),
  gradientClip: positive.exactOptional(),
  gamma: share.exactOptional(),
  lambda: share.exactOptional(),
  epsLow: positive.exactOptional(),
  epsHigh: positive.exactOptional(),
  dualClip: positive.exactOptional(),
  valueClip: positive.exactOptional(),
  entropyCoef: nonNegative.exactOptional(),
  missingEosPenalty: nonNegative.exactOptional(),
  importanceCap: positive.exactOptional(),
  criticWarmupIterations: steps.exactOptional(),
  criticOnlyAfterSwap: steps.exactOptional(),
  targetKl: positive.exactOptional(),
  excludedShareAlarm: share.exactOptional(),
  kl: klSchema.exactOptional(),
});

const checkpointsSchema = z.strictObject({
  every: count.default(4),
  keep: z.union([count, z.literal('all')], { error: 'a whole number from 1, or all' }).default(2),
});

const runConfigObject = z.strictObject({
  name: z.string().min(1),
  locale: runLocaleSchema.shape.locale.exactOptional(),
  seed: z.int().min(0).default(1),
  /** Whether generation, scoring and learning take turns or overlap. */
  schedule: z.enum(['lockstep', 'async']).default('lockstep'),
  /** Of an async run; absent it is 1. Not filled in, so that a lockstep run's configuration stays what it was. */
  maxStaleness: z.int().min(0).exactOptional().meta({ default: 1 }),
  data: runDataSchema.exactOptional(),
  rubric: runLocaleSchema.shape.rubric.exactOptional(),
  /** Of a run on several, each with its rubric and its files; in place of the three. */
  locales: z.array(runLocaleSchema).min(2).exactOptional(),
  /** Swapped in by the quickstart's second arm, in the running run: for the locale that it is of. */
  swap: z.strictObject({ rubric: z.string().min(1), iteration: count }).exactOptional(),
  judges: judgesSchema.exactOptional(),
  /** Who trains it; this process unless told. Not filled in, as `watch` is not. */
  trainer: trainerChoiceSchema.exactOptional(),
  /** Who generates; this process unless told. Not filled in. */
  engine: engineChoiceSchema.exactOptional(),
  model: modelSchema.prefault({}),
  supervised: supervisedSchema.prefault({}),
  preferences: preferencesSchema.prefault({}),
  rewardModel: rewardModelSchema.prefault({}),
  sampling: samplingSchema.prefault({}),
  algorithm: algorithmSchema.prefault({}),
  /** Not filled in, as `watch` is not. */
  baselines: baselinesSchema.exactOptional(),
  checkpoints: checkpointsSchema.prefault({}),
  health: healthSchema.prefault({}),
  /** Not filled in, so that the configuration of a run that does not write it stays what it was. */
  watch: watchSchema.exactOptional(),
});

export const runConfigSchema = runConfigObject.superRefine((config, context) => {
  const { schedule, maxStaleness, judges } = config;
  for (const { path, found, allowed } of localeMisfits(config)) {
    context.addIssue({ code: 'custom', path: [...path], params: { found }, message: allowed });
  }
  if (judges?.only !== undefined && judges.gateway === undefined) {
    context.addIssue({
      code: 'custom',
      path: ['judges', 'only'],
      params: { found: judges.only.join(', ') },
      message: 'judges.gateway beside it, the file that has these judges',
    });
  }
  if (config.sampling.maxNewTokens >= config.model.contextLength) {
    context.addIssue({
      code: 'custom',
      path: ['sampling', 'maxNewTokens'],
      params: { found: String(config.sampling.maxNewTokens) },
      message: `fewer than model.contextLength, ${config.model.contextLength}, which prompt and answer share`,
    });
  }
  if (schedule !== 'lockstep' || maxStaleness === undefined) return;
  context.addIssue({
    code: 'custom',
    path: ['maxStaleness'],
    params: { found: String(maxStaleness) },
    message: 'no maxStaleness with schedule lockstep, where nothing goes stale',
  });
});

/** A run file as parsed; the compiled configuration whose hash stands on the run. */
export type RunConfig = z.infer<typeof runConfigSchema>;
