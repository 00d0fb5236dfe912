import type { PolicyVersion } from '../../core/domain/policy.js';
import type { RolloutTask, TrajectoryGroup } from '../../core/domain/trajectory.js';
import type { RewardSource } from '../score/reward-source.js';

/** What one iteration depends on, fixed before its first task is issued. */
export interface IterationPlan {
  readonly iteration: number;
  readonly policy: PolicyVersion;
  readonly reward: RewardSource;
}

/** A task and the result that was admitted for it. */
export interface RolloutGroup {
  readonly task: RolloutTask;
  readonly result: TrajectoryGroup;
}

/** What overlapping cost, since this start of the run. */
export interface Overlap {
  /** Groups that were dropped because their policy was too old. */
  readonly droppedStale: number;
  /** Groups that were consumed although their policy was not the newest. */
  readonly consumedStale: number;
}

/**
 * An iteration's answers, complete, in the schedule's order. In lockstep, who answered, and when, leaves no trace; where
 * iterations overlap it decides which tasks these are.
 */
export interface RolloutBatch {
  readonly plan: IterationPlan;
  readonly groups: readonly RolloutGroup[];
  /** Present where iterations overlap. */
  readonly overlap?: Overlap;
}
