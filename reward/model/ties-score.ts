/**
 * How well a reward model tells right answers from wrong ones where several are right, after the ties of RewardBench 2 (Malik et
 * al. 2025, arXiv 2506.01937, rewardbench/utils.py): every right answer should win, and the right ones should lie
 * closer together than the wrong ones lie below them.
 */
import { clusterBootstrap, type WeightedFigure } from '../../core/math/cluster-bootstrap.js';
import type { IntervalEstimate } from '../../core/math/interval-estimate.js';
import type { Rng } from '../../core/math/rng.js';
import { shareOf } from './pair-figures.js';

/** The rewards of one question's right and wrong answers; at least one of either. */
export interface AnswerRewards {
  readonly correct: readonly number[];
  readonly incorrect: readonly number[];
}

/** A question with several right answers and its like with one, where there is one. */
export interface TiedQuestion {
  readonly tied?: AnswerRewards;
  readonly reference?: AnswerRewards;
}

export interface TiesEvaluation {
  readonly questions: number;
  /** Questions that have both halves: the margins are theirs. */
  readonly paired: number;
  /** 0.30·tied + 0.30·reference + 0.20·preferred + 0.20·preferredHard + 0.01·margin; absent without paired questions. */
  readonly score?: IntervalEstimate;
  /** Share of the questions with several right answers in which each of them beats every wrong one. */
  readonly tiedAccuracy?: IntervalEstimate;
  /** The same of the questions with one right answer. */
  readonly referenceAccuracy?: IntervalEstimate;
  /** Share of the paired questions whose wrong answers lie further below the right ones than these lie apart. */
  readonly preferred?: IntervalEstimate;
  /** The same with the smaller of the gaps of both halves. */
  readonly preferredHard?: IntervalEstimate;
  /** Mean of tanh(smaller gap / spread − 1), in (−1, 1). */
  readonly margin?: IntervalEstimate;
}

/** What one question contributes; undefined where a half is missing. */
interface QuestionFigures {
  readonly tiedAccuracy: number | undefined;
  readonly referenceAccuracy: number | undefined;
  readonly preferred: number | undefined;
  readonly preferredHard: number | undefined;
  readonly margin: number | undefined;
}

const LEVEL = 0.95;
const RESAMPLES = 1000;

/** Figures with intervals from resampling whole questions; a question has at least one half. */
export function evaluateTies(questions: readonly TiedQuestion[], rng: Rng): TiesEvaluation {
  const figures = questions.map(figuresOf);
  const mean = (name: keyof QuestionFigures): WeightedFigure => shareOf(figures, (one) => one[name]);
  const parts = {
    tiedAccuracy: mean('tiedAccuracy'),
    referenceAccuracy: mean('referenceAccuracy'),
    preferred: mean('preferred'),
    preferredHard: mean('preferredHard'),
    margin: mean('margin'),
  };
  const score: WeightedFigure = (weights) =>
    weighedSum([
      [0.3, parts.tiedAccuracy(weights)],
      [0.3, parts.referenceAccuracy(weights)],
      [0.2, parts.preferred(weights)],
      [0.2, parts.preferredHard(weights)],
      [0.01, parts.margin(weights)],
    ]);
  return {
    questions: questions.length,
    paired: figures.filter(({ margin }) => margin !== undefined).length,
    ...clusterBootstrap(
      { score, ...parts },
      { clusters: Int32Array.from(questions.keys()), resamples: RESAMPLES, rng, level: LEVEL },
    ),
  };
}

function figuresOf({ tied, reference }: TiedQuestion): QuestionFigures {
  const tiedGap = tied === undefined ? undefined : gapOf(tied);
  const referenceGap = reference === undefined ? undefined : gapOf(reference);
  const accuracies = {
    tiedAccuracy: tiedGap === undefined ? undefined : Number(tiedGap > 0),
    referenceAccuracy: referenceGap === undefined ? undefined : Number(referenceGap > 0),
  };
  if (tied === undefined || tiedGap === undefined || referenceGap === undefined) {
    return { ...accuracies, preferred: undefined, preferredHard: undefined, margin: undefined };
  }
  const spread = Math.max(...tied.correct) - Math.min(...tied.correct);
  const gap = Math.min(tiedGap, referenceGap);
  return {
    ...accuracies,
    preferred: Number(tiedGap > spread),
    preferredHard: Number(gap > spread),
    // Nothing over nothing is no margin; a gap over no spread is the largest.
    margin: gap === 0 && spread === 0 ? 0 : Math.tanh(gap / spread - 1),
  };
}

/** How far the worst right answer lies above the best wrong one. */
function gapOf({ correct, incorrect }: AnswerRewards): number {
  return Math.min(...correct) - Math.max(...incorrect);
}

/** Undefined where a part is. */
function weighedSum(parts: readonly (readonly [number, number | undefined])[]): number | undefined {
  let sum = 0;
  for (const [weight, value] of parts) {
    if (value === undefined) return undefined;
    sum += weight * value;
  }
  return sum;
}
