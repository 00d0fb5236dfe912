import type { Reward } from '../../core/domain/reward.js';
import type { Outcome } from '../../core/domain/verdict.js';
import { REWARD_CLIP } from '../model/reward-normalizer.js';
import { UnscoredAnswers } from './unscored-answers.js';
import type { UnscoredAnswer } from './unscored-answers.js';

/** What an answer is paid that the policy malformed: the floor of every rubric, −1, times the largest reward. */
export const FLOOR_REWARD = -REWARD_CLIP;

/**
 * The normalized reward of each answer. One that the policy malformed is paid the floor, since leaving it out would be a way to
 * escape. An answer without a reward (abstained, failed, unparseable) makes UnscoredAnswers of all of them, which says which.
 */
export function paidRewards(outcomes: readonly Outcome<Reward>[]): number[] {
  const unscored: UnscoredAnswer[] = [];
  const rewards: number[] = [];
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome.kind === 'scored') rewards.push(outcome.score.normalized);
    else if (outcome.kind === 'policy_malformed') rewards.push(FLOOR_REWARD);
    else unscored.push({ index, kind: outcome.kind, ...whyUnscored(outcome) });
  }
  if (unscored.length > 0) throw new UnscoredAnswers(unscored, outcomes.length);
  return rewards;
}

function whyUnscored(
  outcome: Exclude<Outcome<Reward>, { readonly kind: 'scored' | 'policy_malformed' }>,
): Pick<UnscoredAnswer, 'reason' | 'retryable'> {
  switch (outcome.kind) {
    case 'judge_failed':
      return { reason: outcome.reason, retryable: outcome.retryable };
    case 'abstained':
      return { reason: outcome.reason, retryable: false };
    case 'unparseable':
      return { reason: 'what the judge said could not be read', retryable: false };
  }
}
