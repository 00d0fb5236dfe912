import type { Outcome } from '../../core/domain/verdict.js';
import type { AnswerToReward, RewardModel, RewardScore } from './reward-model.js';

export interface MemoryRewardModelOptions extends Pick<RewardModel, 'hash' | 'rubricHash'> {
  /** What it says of an answer: the same of the same, each time. */
  readonly outcome: (answer: AnswerToReward) => Outcome<RewardScore>;
}

/** A reward model without weights: a function says what an answer is worth. */
export function createMemoryRewardModel(options: MemoryRewardModelOptions): RewardModel {
  const { hash, rubricHash, outcome } = options;
  return {
    hash,
    rubricHash,
    score: async (answers, signal) => {
      signal?.throwIfAborted();
      return answers.map(outcome);
    },
  };
}
