import { z } from 'zod';

const intervalSchema = z.object({ value: z.number(), low: z.number(), high: z.number(), n: z.number() });
const intervalsSchema = z.object({ before: intervalSchema, after: intervalSchema });
const numbersSchema = z.object({ before: z.number(), after: z.number() });

const armSchema = z.object({
  localEntityShare: intervalsSchema,
  unseenMentionRate: intervalsSchema,
  targetMetric: z.record(z.string(), intervalsSchema),
  winRate: intervalSchema,
  winRateMinusPlacebo: intervalSchema,
  kl: intervalSchema,
  heldOutNll: numbersSchema,
  repetition: numbersSchema,
});

/** What `quickstart --json` prints, as far as the bars speak of it. Names are documented in docs/quickstart.md. */
export const quickstartSummarySchema = z.object({
  seconds: z.number(),
  arms: z.object({ rubricA: armSchema, swapped: armSchema, placebo: armSchema }),
  rewardModelAccuracy: z.object({ value: z.number(), lengthBaseline: z.number() }),
  controlJudgeAccuracy: z.record(z.string(), z.number()),
  /** The run's rubric first, then the one that is swapped in. */
  rubricHashes: z.record(z.string(), z.string()),
  ratioFirstMinibatch: z.object({ low: z.number(), high: z.number() }),
  peakMemoryBytes: z.number(),
});

export type ArmSummary = z.infer<typeof armSchema>;
export type ParsedSummary = z.infer<typeof quickstartSummarySchema>;
