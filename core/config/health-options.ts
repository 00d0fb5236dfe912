import { z } from 'zod';

/**
 * When a run pauses itself. These decide only when a run stops, never what it learns. Every limit stands until it is
 * written `off`; nothing switches one off silently.
 *
 * No peer pauses on these, so the defaults start from what peers warn at or stop an update at, and leave room for what
 * is well: over the 84 iterations of a recorded quickstart, the KL stayed within 1.4 times its target and the entropy of
 * a token above 0.9 of its start; over some 1,600 iterations of trials around it, within 8.3 nats and above 0.36.
 */
const orOff = <Limit extends z.ZodType>(limit: Limit): z.ZodUnion<readonly [Limit, z.ZodLiteral<'off'>]> =>
  z.union([limit, z.literal('off')]);
const pauseOrOff = z.enum(['pause', 'off']).default('pause');
const positive = z.number().positive();

export const healthSchema = z.strictObject({
  /** How many finished iterations in a row have to be past a limit. A batch's figures are noisy; one of them is no trend. */
  iterations: z.int().min(1).default(3),
  /**
   * NaN or an infinity in any metric, at once. MosaicML Composer's NaNMonitor raises at the first loss that is NaN.
   * A gradient that was not finite and whose step was skipped is `skippedUpdates`' matter.
   */
  nonFinite: pauseOrOff,
  /**
   * Steps skipped for a gradient that is not finite, several iterations in a row. verl skips such a step, warns, and goes
   * on without end; fairseq stops once its loss scale can fall no further.
   */
  skippedUpdates: pauseOrOff,
  /**
   * Nats per answer, either sign. TRL's PPO steered to 6 per answer unless told (PPOConfig of 0.11). Answers of thousands of
   * tokens without a KL penalty go far beyond it in good health, so this is meant to catch a policy that has left.
   */
  klBudget: orOff(positive).default(100),
  /** The same as a multiple of `algorithm.kl.target`, where that is set. The lower of the two counts. */
  klTimesTarget: orOff(positive).default(10),
  /**
   * Entropy of a token as a share of what it was at the start. DAPO (arXiv 2503.14476) and Cui et al. 2025 (arXiv
   * 2505.22617) describe the collapse and set no number: at a tenth, next to nothing is left to explore with.
   */
  entropyShare: orOff(z.number().gt(0).max(1)).default(0.1),
  /** A larger share of answers without a score than `algorithm.excludedShareAlarm`. */
  tooFewScores: pauseOrOff,
  /**
   * Lowest mean reward of a locale's or a category's answers, in deviations of the SFT checkpoint's scores; absent none. Not
   * filled in, so that the configuration of a run that does not write it stays what it was.
   */
  subgroupFloor: z.number().exactOptional(),
  /** GiB that stay free: a ledger that cannot grow any more cannot record why the run stopped. */
  diskFreeGiB: orOff(positive).default(1),
  /** Iterations whose policies and checkpoints must still fit. The higher of the two counts. */
  diskFreeIterations: orOff(positive).default(3),
});

/** What is allowed before a run pauses itself, with nothing left out. */
export type HealthOptions = z.infer<typeof healthSchema>;

export const DEFAULT_HEALTH: HealthOptions = healthSchema.parse({});
