import type { RewardedTrajectory } from '../../core/domain/reward.js';
import { MajlisError } from '../../core/errors.js';
import type { MaybeScore } from '../../core/math/group-advantage.js';
import type { AlgorithmOptions } from '../algorithm-options.js';
import type { PackedSequence } from '../evaluate/pack-batch.js';

/** What each answer is paid, in the packing's order; undefined where the judges gave no score. [sequence] */
export interface ScoredAnswers {
  readonly scores: readonly MaybeScore[];
  /** Answers by the kind of their outcome. */
  readonly counts: Readonly<Record<RewardedTrajectory['outcome']['kind'], number>>;
}

/**
 * Reads outcomes as scores. Only a scored answer has its own; one that the policy malformed gets the rubric's floor,
 * since leaving it out would be a way to escape; every other outcome is no score, and is never read as 0.
 */
export function scoredAnswers(
  sequences: readonly PackedSequence[],
  rewards: readonly RewardedTrajectory[],
  options: { readonly floor: number; readonly rewardClip?: AlgorithmOptions['rewardClip'] },
): ScoredAnswers {
  const counts = { scored: 0, abstained: 0, judge_failed: 0, unparseable: 0, policy_malformed: 0 };
  const clip = options.rewardClip ?? Infinity;
  const scores = sequences.map((sequence, at) => {
    const reward = rewards.at(at);
    if (reward?.taskId !== sequence.taskId || reward.index !== sequence.trajectory.index) {
      throw new MajlisError(
        `the reward of answer ${sequence.trajectory.index} of ${sequence.taskId} is missing`,
        {
          code: 'data_loss',
        },
      );
    }
    counts[reward.outcome.kind] += 1;
    const score = paidScore(reward.outcome, options.floor);
    return score === undefined ? undefined : Math.min(Math.max(score, -clip), clip);
  });
  return { scores, counts };
}

/** The normalized reward that an outcome pays; undefined where there is no score. */
export function paidScore(outcome: RewardedTrajectory['outcome'], floor: number): MaybeScore {
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
