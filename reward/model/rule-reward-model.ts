import type { Rubric } from '../../core/domain/rubric.js';
import type { AnswerScorer } from '../judge/answer-scorer.js';
import { LOGITS_PER_POINT } from '../judge/compare-scores.js';
import type { RewardModel } from './reward-model.js';

/** Whoever waits for the first few has them while the next are read. */
const ANSWERS_AT_ONCE = 8;

/**
 * A rubric's rules as a reward model that nobody trained: what learned ones are compared with. Composites become logits as
 * they do for rule judges. An answer that rules alone do not decide is abstained from; a vetoed one is at the floor.
 */
export function createRuleRewardModel(rubric: Rubric, scoreAnswer: AnswerScorer): RewardModel {
  return {
    hash: rubric.hash,
    rubricHash: rubric.hash,
    answersAtOnce: ANSWERS_AT_ONCE,
    score: async (answers, signal) => {
      signal?.throwIfAborted();
      return answers.map(({ prompt, answer }) => {
        const { value } = scoreAnswer(prompt, answer);
        if (value !== undefined) {
          return { kind: 'scored', score: { mean: LOGITS_PER_POINT * value, variance: 0 } };
        }
        return { kind: 'abstained', reason: `the rules of rubric ${rubric.id} alone do not decide` };
      });
    },
  };
}
