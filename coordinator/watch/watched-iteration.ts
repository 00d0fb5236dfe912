import type { RewardedTrajectory } from '../../core/domain/reward.js';
import type { RolloutBatch } from '../dispatch/rollout-batch.js';

/** An iteration's answers, and what they were paid, in the batch's order. */
export interface WatchedIteration {
  readonly batch: RolloutBatch;
  readonly rewards: readonly RewardedTrajectory[];
}

/** Metrics by name; a figure that the iteration cannot give is absent. */
export type WatchFigures = Readonly<Record<string, number>>;
