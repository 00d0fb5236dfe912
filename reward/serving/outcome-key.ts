import type { RewardHashes } from '../../core/scorer/scorer.js';
import type { AnswerToReward } from '../model/reward-model.js';

/** All that an outcome is a function of. Lengths stand before texts, so that no two answers have one key. */
export function outcomeKey(
  { rubricHash, rewardModelHash }: RewardHashes,
  { prompt, answer, tokenIds }: AnswerToReward,
): string {
  const { locale, category, text } = prompt;
  const tokens = tokenIds === undefined ? '' : tokenIds.join(',');
  const named = category === undefined ? '' : `=${category}`;
  const lengths = `${locale.length} ${named.length} ${tokens.length} ${text.length}`;
  return `${rubricHash}/${rewardModelHash} ${lengths} ${locale}${named}${tokens}${text}${answer}`;
}
