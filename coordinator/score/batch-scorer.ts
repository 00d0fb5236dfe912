import type { RewardedTrajectory } from '../../core/domain/reward.js';
import type { RolloutBatch } from '../dispatch/rollout-batch.js';

/** Rewards of a batch under its plan's reward: one, or the typed reason for none, per answer, in the batch's order. */
export interface BatchScorer {
  score(rollouts: RolloutBatch, signal: AbortSignal): Promise<readonly RewardedTrajectory[]>;
}
