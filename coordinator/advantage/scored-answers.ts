import type { RewardedTrajectory } from '../../core/domain/reward.js';
import { MajlisError } from '../../core/errors.js';
import type { MaybeScore } from '../../core/math/group-advantage.js';
import type { PackedSequence } from '../evaluate/pack-batch.js';
import { paidScore } from './paid-score.js';
import type { PayRules } from './paid-score.js';

/** What each answer is paid, in the packing's order; undefined where the judges gave no score. [sequence] */
export interface ScoredAnswers {
  readonly scores: readonly MaybeScore[];
  /** Answers by the kind of their outcome. */
  readonly counts: Readonly<Record<RewardedTrajectory['outcome']['kind'], number>>;
}

/** Reads the outcomes of a batch as scores, in the packing's order; see `paidScore` for each. */
export function scoredAnswers(
  sequences: readonly PackedSequence[],
  rewards: readonly RewardedTrajectory[],
  options: PayRules,
): ScoredAnswers {
  const counts = { scored: 0, abstained: 0, judge_failed: 0, unparseable: 0, policy_malformed: 0 };
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
    return paidScore(reward.outcome, options);
  });
  return { scores, counts };
}
