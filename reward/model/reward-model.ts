import type { Prompt } from '../../core/domain/prompt.js';
import type { Outcome } from '../../core/domain/verdict.js';

/** An answer to be rewarded. */
export interface AnswerToReward {
  readonly prompt: Prompt;
  readonly answer: string;
  /** Prompt and answer as the policy had them, where they are known: nobody tokenizes them again. [token] */
  readonly tokenIds?: readonly number[];
}

/** What a reward model says of one answer, in logits: σ(mean − mean) is how sure it is that one beats another. */
export interface RewardScore {
  readonly mean: number;
  /** Unbiased variance over the bootstrap heads; 0 where there is one head. */
  readonly variance: number;
}

/**
 * A trained reward model, in whatever form: a network in a trainer, or a light one on features. It never changes; two models
 * of one hash score alike.
 */
export interface RewardModel {
  /** Of all that its weights are a function of. */
  readonly hash: string;
  /** The rubric by which its preferences were judged. */
  readonly rubricHash: string;
  /** What a call is worth: more answers at one time are none the faster. Absent, the more the better. */
  readonly answersAtOnce?: number;
  /**
   * One outcome per answer, in order; a `scored` one has finite numbers. The same answers in one call score alike each time; what
   * stands beside an answer moves its score by the rounding of float32 at most. An aborted signal rejects with its reason.
   */
  score(answers: readonly AnswerToReward[], signal?: AbortSignal): Promise<readonly Outcome<RewardScore>[]>;
}
