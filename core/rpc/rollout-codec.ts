import { z } from 'zod';
import { Task, TaskResult } from '../../proto/gen/majlis/v1/messages.js';
import type { RolloutTask, TrajectoryGroup } from '../domain/trajectory.js';
import {
  rolloutTaskMessage,
  rolloutTaskToMessage,
  trajectoryGroupMessage,
  trajectoryGroupToMessage,
} from './convert-rollout.js';
import { message } from './message-fields.js';
import { decodeMessage, parseMessage } from './parse-message.js';

/**
 * Rollout tasks and their results as the bytes that travel on the bus. Equal values have equal bytes, so that a payload
 * can be named by its hash; what is decoded equals what was encoded, log-probs bit for bit.
 */

const taskMessage = message({
  kind: z.object(
    { $case: z.literal('rollout', { error: 'the kind rollout' }), value: rolloutTaskMessage },
    { error: 'a task of the kind rollout' },
  ),
});

const taskResultMessage = message({
  result: z.object(
    { $case: z.literal('rollout', { error: 'the kind rollout' }), value: trajectoryGroupMessage },
    { error: 'a result of the kind rollout' },
  ),
});

/** Bytes of a majlis.v1.Task. */
export function encodeRolloutTask(task: RolloutTask): Uint8Array {
  return Task.encode({ kind: { $case: 'rollout', value: rolloutTaskToMessage(task) } }).finish();
}

/** Reads a majlis.v1.Task; anything but a complete rollout task is a BadInputError. */
export function decodeRolloutTask(bytes: Uint8Array): RolloutTask {
  const source = 'message majlis.v1.Task';
  return parseMessage(taskMessage, decodeMessage(Task, bytes, source), source).kind.value;
}

/** Bytes of a majlis.v1.TaskResult. */
export function encodeTrajectoryGroup(group: TrajectoryGroup): Uint8Array {
  return TaskResult.encode({ result: { $case: 'rollout', value: trajectoryGroupToMessage(group) } }).finish();
}

/** Reads a majlis.v1.TaskResult; anything but a complete trajectory group is a BadInputError. */
export function decodeTrajectoryGroup(bytes: Uint8Array): TrajectoryGroup {
  const source = 'message majlis.v1.TaskResult';
  return parseMessage(taskResultMessage, decodeMessage(TaskResult, bytes, source), source).result.value;
}
