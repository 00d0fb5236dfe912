import { FinishReason } from '../../proto/gen/majlis/v1/messages.js';
import type * as wire from '../../proto/gen/majlis/v1/messages.js';
import type { RolloutTask, TrajectoryGroup } from '../../core/domain/trajectory.js';
import { promptToMessage } from '../../core/rpc/convert-rollout.js';

/** Tasks and groups as the generated encoders take them. */

const FINISHES = { stop: FinishReason.STOP, length: FinishReason.LENGTH };

export function rolloutTaskToMessage(task: RolloutTask): wire.RolloutTask {
  return { ...task, prompt: { ...task.prompt, prompt: promptToMessage(task.prompt.prompt) } };
}

export function trajectoryGroupToMessage(group: TrajectoryGroup): wire.TrajectoryGroup {
  return {
    ...group,
    trajectories: group.trajectories.map((one) => ({ ...one, finish: FINISHES[one.finish] })),
  };
}
