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

/** An iteration's answers, complete, in the schedule's order: who answered, and when, leaves no trace. */
export interface RolloutBatch {
  readonly plan: IterationPlan;
  readonly groups: readonly RolloutGroup[];
}
