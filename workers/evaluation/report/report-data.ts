import type { ScoreDifference } from '../../../core/domain/shadow.js';
import type { IntervalEstimate } from '../../../core/math/interval-estimate.js';
import type { ArmFigures, ArmName } from '../arm-figures.js';
import type { ComparisonRow } from '../compare-policies.js';

/** One iteration's point on a curve. */
export interface CurvePoint {
  readonly iteration: number;
  readonly value: number;
}

/** What an arm showed while it ran. */
export interface ArmCurves {
  readonly reward: readonly CurvePoint[];
  readonly kl: readonly CurvePoint[];
  readonly checks: readonly ControlPoint[];
}

/** What the control judge found of one policy while its arm ran, beside what the reward said of the same answers. */
export interface ControlPoint {
  readonly iteration: number;
  /** Nats per answer on the iteration's training prompts, the k1 estimate. */
  readonly kl: number;
  /** Mean normalized score. */
  readonly proxy: number;
  /** Win rate against the SFT checkpoint, with its 95% interval. */
  readonly control: Omit<IntervalEstimate, 'n'>;
  /** Hash of the reward model: scores of two are not on one scale. */
  readonly rewardModelHash: string;
}

/** The same prompt answered before and after. */
export interface SamplePair {
  readonly prompt: string;
  readonly before: string;
  readonly after: string;
  /** The control judge's probability that `after` is better. */
  readonly probabilityAfter: number;
}

/** A pair whose preference turned when the rubric was swapped. */
export interface FlippedPairLine {
  readonly prompt: string;
  readonly first: string;
  readonly second: string;
  readonly probabilityFirstBefore: number;
  readonly probabilityFirstAfter: number;
  /** The criterion whose contribution changed most. */
  readonly criterion: string;
}

/** A candidate rubric that an arm's run had scored beside the one in force. */
export interface ShadowLine {
  readonly arm: ArmName;
  readonly rubricId: string;
  readonly rubricHash: string;
  /** In which it was scored, ascending; at least one. */
  readonly iterations: readonly number[];
  /** Of its figures over those iterations, by name. */
  readonly means: Readonly<Record<string, number>>;
  /** The answers on which the two differ most, the clearest first. */
  readonly differences: readonly ScoreDifference[];
}

/** What an arm makes of the held-out prompts of one language, one region of it, or one category (`ar/food`). */
export interface GroupLine {
  readonly arm: ArmName;
  readonly group: string;
  /** Control judge, against the SFT checkpoint. */
  readonly winRate: IntervalEstimate;
  /** Mean normalized reward; absent where no answer has a score. */
  readonly reward?: IntervalEstimate;
  /** The same of the SFT checkpoint's answers. */
  readonly rewardBefore?: IntervalEstimate;
  /** Exact KL to the SFT checkpoint, nats per answer. */
  readonly kl: IntervalEstimate;
}

export interface RubricLine {
  readonly id: string;
  readonly version: string;
  readonly title: string;
  readonly hash: string;
}

export interface JudgeLine {
  readonly name: string;
  readonly accuracy: number;
  readonly n: number;
}

/** Everything the report says, as text and as a page. */
export interface ReportData {
  readonly title: string;
  /** As the `lang` of answers: `und` where there are several. */
  readonly locale: string;
  readonly seed: number;
  readonly workers: number;
  readonly seconds: number;
  readonly peakMemoryBytes: number;
  /** "rule judges", or the endpoint where one answered. */
  readonly feedbackSource: string;
  /** What the policy began as, where the run did not make it itself. */
  readonly modelDirectory?: string;
  readonly rubrics: readonly RubricLine[];
  /** Ids of those that were in force at first: one for each locale. */
  readonly startedUnder: readonly string[];
  readonly arms: Readonly<Partial<Record<ArmName, ArmFigures>>>;
  readonly curves: Readonly<Partial<Record<ArmName, ArmCurves>>>;
  /** Trained policies and best-of-n on the same preferences, where a baseline ran. */
  readonly comparison?: readonly ComparisonRow[];
  /** Present where it is no network in the trainer. */
  readonly rewardModelForm?: 'light';
  /** Absent where no held-out pair had a side. */
  readonly rewardModelAccuracy?: {
    readonly value: number;
    readonly lengthBaseline: number;
    readonly n: number;
  };
  readonly judges: readonly JudgeLine[];
  readonly controlGoldAccuracy: number;
  /** Where an arm swapped rubrics: the pairs that turned. */
  readonly swap?: {
    readonly flippedPairs: readonly FlippedPairLine[];
    readonly flippedCount: number;
    readonly comparedPairs: number;
  };
  readonly shadows: readonly ShadowLine[];
  /** Empty where the held-out prompts tell no groups apart. */
  readonly groups: readonly GroupLine[];
  readonly best: readonly SamplePair[];
  readonly worst: readonly SamplePair[];
  /** Counts of inputs and outputs that were cut: prompts over length, answers cut in mid-character. */
  readonly truncatedPrompts: number;
  readonly cutAnswers: number;
}
