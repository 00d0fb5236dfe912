import { z } from 'zod';
import { Task, TaskResult } from '../../proto/gen/majlis/v1/messages.js';
import type { GivenUpTask, RolloutTask, TrajectoryGroup } from '../domain/trajectory.js';
import { givenUpTaskMessage, rolloutTaskMessage, trajectoryGroupMessage } from './convert-rollout.js';
import { message } from './message-fields.js';
import { decodeMessage, parseMessage } from './parse-message.js';
import { BackwardWriter } from './wire/backward-writer.js';
import { readPlain } from './wire/plain-reader.js';
import { readRolloutTask, writeRolloutTask } from './wire/rollout-task-fields.js';
import { readTrajectoryGroup, writeTrajectoryGroup } from './wire/trajectory-group-fields.js';

/**
 * Rollout tasks and their results as the bytes that travel on the bus. Equal values have equal bytes, so that a payload
 * can be named by its hash; what is decoded equals what was encoded, log-probs bit for bit.
 *
 * There are as many of these as there are prompts, so both are written, and read where they are as we write them, field by
 * field: the generated code and a schema take several times as long. All other bytes go to those, which say what is wrong.
 */

const writer = new BackwardWriter();

const taskMessage = message({
  kind: z.object(
    { $case: z.literal('rollout', { error: 'the kind rollout' }), value: rolloutTaskMessage },
    { error: 'a task of the kind rollout' },
  ),
});

const answeredMessage = message({
  result: z.object(
    { $case: z.literal('rollout', { error: 'the kind rollout' }), value: trajectoryGroupMessage },
    { error: 'a result of the kind rollout' },
  ),
});

const taskResultMessage = message({
  result: z.discriminatedUnion(
    '$case',
    [
      z.object({ $case: z.literal('rollout'), value: trajectoryGroupMessage }),
      z.object({ $case: z.literal('givenUp'), value: givenUpTaskMessage }),
    ],
    { error: 'a result of the kind rollout or given_up' },
  ),
});

/** Bytes of a majlis.v1.Task. */
export function encodeRolloutTask(task: RolloutTask): Uint8Array {
  return writer.message(task, writeRolloutTask);
}

/** Reads a majlis.v1.Task; anything but a complete rollout task is a BadInputError. */
export function decodeRolloutTask(bytes: Uint8Array): RolloutTask {
  const plain = readPlain(bytes, readRolloutTask);
  if (plain !== undefined) return plain;
  const source = 'message majlis.v1.Task';
  return parseMessage(taskMessage, decodeMessage(Task, bytes, source), source).kind.value;
}

/** Bytes of a majlis.v1.TaskResult. */
export function encodeTrajectoryGroup(group: TrajectoryGroup): Uint8Array {
  return writer.message(group, writeTrajectoryGroup);
}

/** Bytes of a majlis.v1.TaskResult that says the task was given up. */
export function encodeGivenUpTask(task: GivenUpTask): Uint8Array {
  return TaskResult.encode({ result: { $case: 'givenUp', value: { ...task } } }).finish();
}

const RESULT = 'message majlis.v1.TaskResult';

/** Reads a majlis.v1.TaskResult; anything but a complete trajectory group is a BadInputError. */
export function decodeTrajectoryGroup(bytes: Uint8Array): TrajectoryGroup {
  const plain = readPlain(bytes, readTrajectoryGroup);
  if (plain !== undefined) return plain;
  return parseMessage(answeredMessage, decodeMessage(TaskResult, bytes, RESULT), RESULT).result.value;
}

/** What a worker says of a task: its answers, or that it gave the task up. */
export type RolloutResult =
  | { readonly kind: 'answered'; readonly group: TrajectoryGroup }
  | ({ readonly kind: 'given_up' } & GivenUpTask);

/** Reads a majlis.v1.TaskResult of either kind; anything incomplete is a BadInputError. */
export function decodeRolloutResult(bytes: Uint8Array): RolloutResult {
  const plain = readPlain(bytes, readTrajectoryGroup);
  if (plain !== undefined) return { kind: 'answered', group: plain };
  const { result } = parseMessage(taskResultMessage, decodeMessage(TaskResult, bytes, RESULT), RESULT);
  if (result.$case === 'rollout') return { kind: 'answered', group: result.value };
  return { kind: 'given_up', ...result.value };
}
