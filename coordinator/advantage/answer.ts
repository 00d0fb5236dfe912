import type { FinishReason } from '../../core/domain/trajectory.js';
import type { MaybeScore } from '../../core/math/group-advantage.js';
import type { AlgorithmOptions } from '../algorithm-options.js';

/** One answer as estimators see it: its token tensors and what it was paid. Arrays are over answer tokens. [token] */
export interface Answer {
  readonly taskId: string;
  readonly index: number;
  /** Place of its prompt group in the batch. */
  readonly group: number;
  readonly finish: FinishReason;
  /** Clipped; undefined where there is none. */
  readonly score: MaybeScore;
  readonly oldLogProbs: Float32Array;
  readonly referenceLogProbs: Float32Array;
  readonly values?: Float32Array;
}

/** An answer's advantages before importance weights; absent where it contributes no gradient. [token] */
export interface AnswerAdvantage {
  readonly advantages: Float32Array;
  /** Targets of the critic, where the estimator has one. */
  readonly returns?: Float32Array;
}

export interface EstimatorContext {
  readonly algorithm: AlgorithmOptions;
  /** β of the KL penalty in the reward; 0 where the penalty is a loss. */
  readonly beta: number;
}

/** One entry per answer, in the answers' order. [answer] */
export type Estimator = (
  answers: readonly Answer[],
  context: EstimatorContext,
) => readonly (AnswerAdvantage | undefined)[];
