import { z } from 'zod';

/**
 * How the supervised baselines train: from the run's SFT checkpoint, on the pairs that its reward model learns from. The
 * rates suit the embedded model of about a million parameters, like those of the algorithm; a pretrained model of billions
 * wants rates near 1e-6.
 */
const positive = z.number().positive();
const count = z.int().min(1);

const sftChosenSchema = z.strictObject({
  steps: count.default(200),
  /** Preferred answers per step. */
  answersPerStep: count.default(32),
  /** Peak; linear warm-up over a tenth of the steps, then linear decay to a tenth. */
  learningRate: positive.default(5e-4),
});

const dpoSchema = z.strictObject({
  steps: count.default(200),
  pairsPerStep: count.default(32),
  /** As of sftChosen. */
  learningRate: positive.default(3e-4),
  /** β of the implicit reward (Rafailov et al. 2023, arXiv 2305.18290, who use 0.1 unless told). */
  beta: positive.default(0.1),
});

export const baselinesSchema = z.strictObject({
  sftChosen: sftChosenSchema.prefault({}),
  dpo: dpoSchema.prefault({}),
});

/** How each baseline trains, with nothing left out. */
export type BaselineOptions = z.infer<typeof baselinesSchema>;

export const DEFAULT_BASELINES: BaselineOptions = baselinesSchema.parse({});
