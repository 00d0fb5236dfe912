import type { Outcome } from '../../core/domain/verdict.js';
import type { AnswerToReward, RewardModel, RewardScore } from '../../reward/model/reward-model.js';
import type { ServedReward } from '../../reward/serving/served-rewards.js';

/** A reward that pays an answer its length in UTF-16 units: normalized is (length − 10) / 5, clipped at ±5. */
export function lengthReward(
  changes: {
    readonly hash?: string;
    readonly rubricHash?: string;
    readonly score?: RewardModel['score'];
    readonly release?: () => Promise<void>;
    readonly gate?: ServedReward['gate'];
  } = {},
): ServedReward {
  const { hash = 'model-1', rubricHash = 'rubric-1', score = scoreLengths, gate = () => undefined } = changes;
  return {
    ...{ rubricHash, gate, locale: 'ar', model: { hash, rubricHash, score } },
    normalizer: new Map([['ar', { mean: 10, scale: 5 }]]),
    ...(changes.release === undefined ? {} : { release: changes.release }),
  };
}

/** One score per answer: its length. */
export async function scoreLengths(answers: readonly AnswerToReward[]): Promise<Outcome<RewardScore>[]> {
  return answers.map(({ answer }) => ({ kind: 'scored', score: { mean: answer.length, variance: 0 } }));
}
