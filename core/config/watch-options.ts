import { z } from 'zod';

/**
 * How a run watches whether its policy games the reward, and when it pauses itself for it. Like `health`, these decide
 * only when a run stops, never what it learns.
 *
 * The defaults leave room for what is well: over the 84 iterations of a recorded quickstart, ρ stayed within 0.19 for
 * length and, resting on few groups, within 0.58 for format, and neither moved by half a standard deviation.
 */
const orOff = <Limit extends z.ZodType>(limit: Limit): z.ZodUnion<readonly [Limit, z.ZodLiteral<'off'>]> =>
  z.union([limit, z.literal('off')]);
const positive = z.number().positive();
const share = z.number().min(0).max(1);
const count = z.int().min(1);

export const watchSchema = z.strictObject({
  /** Largest |ρ| between reward and length, or reward and format, while the policy goes where it pays. */
  styleCorrelation: orOff(share).default(0.5),
  /**
   * How far the policy may go there, in standard deviations of one batch's answers (Cohen's d; Cohen 1988 calls 0.8 a
   * large effect).
   */
  styleShift: positive.default(1),
  /** Iterations from one look at the canaries to the next. */
  canaryEvery: orOff(count).default(4),
  /** Largest share of canaries that are paid like answers. */
  canaryLimit: orOff(share).default(0.1),
  /** Iterations from one check by the control judge to the next. */
  controlEvery: orOff(count).default(8),
  /** Held-out prompts that each of these checks answers. Fewer than some 30 show no difference worth stopping for. */
  controlPrompts: z.int().min(2).default(32),
  /** Checks in a row that have to show overoptimization. */
  controlChecks: orOff(count).default(2),
});

/** What is watched and what is allowed, with nothing left out. */
export type WatchOptions = z.infer<typeof watchSchema>;

export const DEFAULT_WATCH: WatchOptions = watchSchema.parse({});

/** The same, measured but never pausing. */
export function watchedOnly(options: WatchOptions): WatchOptions {
  return { ...options, styleCorrelation: 'off', canaryLimit: 'off', controlChecks: 'off' };
}
