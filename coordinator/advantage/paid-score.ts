import type { RewardedTrajectory } from '../../core/domain/reward.js';
import type { MaybeScore } from '../../core/math/group-advantage.js';

export interface PayRules {
  /** Normalized reward of an answer that the policy malformed. */
  readonly floor: number;
  /** Bound of a score either way; none unless given. */
  readonly rewardClip?: number | undefined;
}

/**
 * Reads an outcome as a score. Only a scored answer has its own; one that the policy malformed gets the rubric's floor,
 * since leaving it out would be a way to escape; every other outcome is no score, and is never read as 0.
 */
export function paidScore(
  outcome: RewardedTrajectory['outcome'],
  { floor, rewardClip = Infinity }: PayRules,
): MaybeScore {
  const score = paid(outcome, floor);
  return score === undefined ? undefined : Math.min(Math.max(score, -rewardClip), rewardClip);
}

function paid(outcome: RewardedTrajectory['outcome'], floor: number): MaybeScore {
  switch (outcome.kind) {
    case 'scored':
      return outcome.score.normalized;
    case 'policy_malformed':
      return floor;
    case 'abstained':
    case 'judge_failed':
    case 'unparseable':
      return undefined;
  }
}
