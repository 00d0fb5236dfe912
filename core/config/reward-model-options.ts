import { z } from 'zod';

const count = z.int().min(1);

const shared = {
  /** On bootstrap samples of the prompts; their spread is the model's doubt. */
  heads: count.default(2),
  /** Iterations from one retraining on the current policy's pairs to the next; absent never. Not filled in, as `form` is not. */
  refreshEvery: count.exactOptional(),
};

const inTrainer = z.strictObject({
  form: z.literal('trainer').exactOptional().meta({ default: 'trainer' }),
  ...shared,
  steps: count.default(200),
  pairsPerStep: count.default(32),
  learningRate: z.number().positive().default(1e-3),
});

const light = z.strictObject({ form: z.literal('light'), ...shared });

/**
 * `rewardModel` of a run file: a network in the trainer unless told, or the light form, which is fitted to its minimum and so
 * has none of the trainer's keys. The form is not filled in, so that the configuration of a run that does not write it stays
 * what it was.
 */
export const rewardModelSchema = z.discriminatedUnion('form', [inTrainer, light]);

export type RewardModelOptions = z.infer<typeof rewardModelSchema>;
/** What the trainer's form is trained by. */
export type TrainerRewardOptions = z.infer<typeof inTrainer>;
