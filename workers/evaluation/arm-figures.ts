import type { IntervalEstimate } from '../../core/math/interval-estimate.js';

/** A figure before (the SFT checkpoint) and after the arm's training. */
export interface BeforeAfter<Figure> {
  readonly before: Figure;
  readonly after: Figure;
}

/** The arms of the controlled experiment, all from one SFT checkpoint. */
export const EXPERIMENT_ARMS = ['rubricA', 'swapped', 'placebo'] as const;
/** Supervised training from the same checkpoint on the same preferences, which RLAIF has to beat. */
export const BASELINE_ARMS = ['sft-chosen', 'dpo'] as const;
export type BaselineName = (typeof BASELINE_ARMS)[number];

export const ARM_NAMES = [...EXPERIMENT_ARMS, ...BASELINE_ARMS] as const;
export type ArmName = (typeof ARM_NAMES)[number];

/** What is reported of one arm. The field names are an interface: docs/quickstart.md documents them. */
export interface ArmFigures {
  /** Share of local entities among the answers whose first entity is in the unseen half; absent where there were none. */
  readonly localEntityShare?: BeforeAfter<IntervalEstimate>;
  /** Share of all answers whose first entity is in the unseen half. */
  readonly unseenMentionRate: BeforeAfter<IntervalEstimate>;
  /** Share of answers in the register that each rubric asks for, by rubric id. */
  readonly targetMetric: Readonly<Record<string, BeforeAfter<IntervalEstimate>>>;
  /** Control judge, against the SFT checkpoint's answer to the same prompt; ties count half. */
  readonly winRate: IntervalEstimate;
  /** The same prompts' difference to the placebo arm's win rate, where a placebo ran. */
  readonly winRateMinusPlacebo?: IntervalEstimate;
  /** Exact KL to the SFT checkpoint over the full vocabulary, nats per sequence, on held-out prompts. */
  readonly kl: IntervalEstimate;
  /** Nats per token of held-out reference answers. */
  readonly heldOutNll: BeforeAfter<number>;
  /** Mean share of repeated word bigrams. */
  readonly repetition: BeforeAfter<number>;
  /** Share of answers that the control judge's stuffing veto rules out. */
  readonly stuffing: BeforeAfter<number>;
  /** sha256 of the final policy's weights. */
  readonly policyHash: string;
}
