import type { RewardedTrajectory } from '../../core/domain/reward.js';
import type { Scorer } from '../../core/scorer/scorer.js';
import type { RolloutBatch } from '../dispatch/rollout-batch.js';
import type { BatchScorer } from './batch-scorer.js';
import { scoreGroups } from './score-groups.js';

/** Asks the reward plane about a whole batch, when it is complete. */
export class LockstepScorer implements BatchScorer {
  constructor(private readonly scorer: Scorer) {}

  async score({ plan, groups }: RolloutBatch, signal: AbortSignal): Promise<readonly RewardedTrajectory[]> {
    return scoreGroups(this.scorer, plan.reward, groups, signal);
  }
}
