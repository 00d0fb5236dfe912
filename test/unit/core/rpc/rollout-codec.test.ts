import { Task, TaskResult } from '../../../../proto/gen/majlis/v1/messages.js';
import type { RolloutTask, TrajectoryGroup } from '../../../../core/domain/trajectory.js';

import {
  decodeRolloutResult,
  decodeRolloutTask,
  decodeTrajectoryGroup,
  encodeGivenUpTask,
  encodeRolloutTask,
  encodeTrajectoryGroup,
} from '../../../../core/rpc/rollout-codec.js';
import { rolloutTaskToMessage, trajectoryGroupToMessage } from '../../../support/rollout-messages.js';
import { refusal } from './refusal.js';

const task: RolloutTask = {
  id: 'task-1',
  run: 'run-1',
  iteration: 0,
  prompt: {
    prompt: { id: 'p1', locale: 'ar-EG', text: 'إزيك؟', category: 'greetings' },
    tokenIds: [0, 5, 4294967295],
    tokenizerHash: 'th',
    truncated: false,
  },
  groupSize: 4,
  policyVersion: 0,
  policyHash: 'ph',
  rubricHash: 'rh',
  rewardModelHash: 'rmh',
  seed: Number.MAX_SAFE_INTEGER,
  sampling: { maxNewTokens: 16, temperature: 0, stopTokenIds: [] },
};

const group: TrajectoryGroup = {
  taskId: 'task-1',
  policyHash: 'ph',
  engineFingerprint: 'ort-1.30/x64',
  trajectories: [
    { index: 0, tokenIds: [1, 2], logProbs: [Math.fround(-0.1), -1e-300], finish: 'stop', text: '' },
    { index: 1, tokenIds: [3], logProbs: [-0], finish: 'length', text: '밥\ufffd' },
  ],
};

/** Bytes of the task after an edit of its message. */
function editedTask(edit: Partial<ReturnType<typeof rolloutTaskToMessage>>): Uint8Array {
  return Task.encode({
    kind: { $case: 'rollout', value: { ...rolloutTaskToMessage(task), ...edit } },
  }).finish();
}

describe('the rollout codec', () => {
  it('returns the task that was encoded, with zeros, empty lists and the largest seed', () => {
    expect(decodeRolloutTask(encodeRolloutTask(task))).toStrictEqual(task);
  });

  it('leaves an absent category absent', () => {
    const { id, locale, text } = task.prompt.prompt;
    const plain = { ...task, prompt: { ...task.prompt, prompt: { id, locale, text } } };
    expect(decodeRolloutTask(encodeRolloutTask(plain))).toStrictEqual(plain);
  });

  it('tells a task that was given up from one that was answered', () => {
    const givenUp = { taskId: 'task-1', policyVersion: 0, oldestVersion: 2 };
    expect(decodeRolloutResult(encodeGivenUpTask(givenUp))).toStrictEqual({ kind: 'given_up', ...givenUp });
    expect(decodeRolloutResult(encodeTrajectoryGroup(group))).toStrictEqual({ kind: 'answered', group });
    expect(refusal(() => decodeTrajectoryGroup(encodeGivenUpTask(givenUp))).message).toContain(
      'the kind rollout',
    );
  });

  it('refuses a task that was given up for no version, and a result of no kind', () => {
    const value = { taskId: 'task-1', policyVersion: 0, oldestVersion: undefined };
    const bytes = TaskResult.encode({ result: { $case: 'givenUp', value } }).finish();
    expect(refusal(() => decodeRolloutResult(bytes)).message).toContain(
      'given_up.oldest_version: found nothing',
    );
    expect(refusal(() => decodeRolloutResult(new Uint8Array())).message).toContain('rollout or given_up');
  });

  it('returns the group that was encoded, log-probs bit for bit', () => {
    const decoded = decodeTrajectoryGroup(encodeTrajectoryGroup(group));
    expect(decoded).toStrictEqual(group);
    expect(Object.is(decoded.trajectories[1]?.logProbs[0], -0)).toBe(true);
  });

  it('gives equal values equal bytes', () => {
    const again: TrajectoryGroup = structuredClone(group);
    expect(Buffer.from(encodeTrajectoryGroup(again))).toEqual(Buffer.from(encodeTrajectoryGroup(group)));
  });

  it('refuses an empty message, naming what is missing', () => {
    expect(refusal(() => decodeRolloutTask(new Uint8Array())).message).toBe(
      'message majlis.v1.Task at kind: found nothing; allowed: a task of the kind rollout',
    );
    expect(refusal(() => decodeTrajectoryGroup(new Uint8Array())).input.place).toBe('result');
  });

  it('refuses a task of a kind that it does not know', () => {
    // Field 2, length-delimited, empty: the kind that is kept for corpus tasks.
    expect(refusal(() => decodeRolloutTask(Uint8Array.of(0x12, 0x00))).input.place).toBe('kind');
  });

  it.each([
    ['id', { id: '' }, 'rollout.id', 'an empty text'],
    ['iteration', { iteration: undefined }, 'rollout.iteration', 'nothing'],
    ['group size', { groupSize: 0 }, 'rollout.group_size', '0'],
    ['policy version', { policyVersion: undefined }, 'rollout.policy_version', 'nothing'],
    ['reward model', { rewardModelHash: '' }, 'rollout.reward_model_hash', 'an empty text'],
    ['seed', { seed: undefined }, 'rollout.seed', 'nothing'],
    ['sampling', { sampling: undefined }, 'rollout.sampling', 'nothing'],
    [
      'temperature',
      { sampling: { maxNewTokens: 1, temperature: Number.NaN, stopTokenIds: [] } },
      'rollout.sampling.temperature',
      'NaN',
    ],
    ['prompt', { prompt: undefined }, 'rollout.prompt', 'nothing'],
    [
      'prompt text',
      {
        prompt: {
          ...task.prompt,
          prompt: { id: 'p', locale: 'ar', text: undefined, category: undefined },
        },
      },
      'rollout.prompt.prompt.text',
      'nothing',
    ],
    [
      'prompt token ids',
      { prompt: { ...rolloutTaskToMessage(task).prompt!, tokenIds: [] } },
      'rollout.prompt.token_ids',
      '0 entries',
    ],
  ])('refuses a task without its %s', (_name, edit, place, found) => {
    const { input } = refusal(() => decodeRolloutTask(editedTask(edit)));
    expect(input).toMatchObject({ source: 'message majlis.v1.Task', place, found });
  });

  it('refuses a seed that a double cannot hold', () => {
    // Task.rollout (field 1, 11 bytes) with seed (field 10) = 2^64 - 1.
    const bytes = Uint8Array.of(0x0a, 11, 0x50, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1);
    expect(refusal(() => decodeRolloutTask(bytes)).message).toContain('bytes that do not decode');
  });

  it.each([
    [{ logProbs: [-1] }, 'rollout.trajectories.0.log_probs', '1 entries'],
    [{ logProbs: [-1, Number.NaN] }, 'rollout.trajectories.0.log_probs.1', 'NaN'],
    [{ logProbs: [] }, 'rollout.trajectories.0.log_probs', '0 entries'],
    [{ index: undefined }, 'rollout.trajectories.0.index', 'nothing'],
    [{ index: 1 }, 'rollout.trajectories', '2 entries'],
    [{ finish: 0 }, 'rollout.trajectories.0.finish', '0'],
    [{ finish: 9 }, 'rollout.trajectories.0.finish', '9'],
    [{ text: undefined }, 'rollout.trajectories.0.text', 'nothing'],
  ])('refuses a trajectory with %j', (edit, place, found) => {
    const message = trajectoryGroupToMessage(group);
    const [first, ...others] = message.trajectories;
    const bytes = TaskResult.encode({
      result: { $case: 'rollout', value: { ...message, trajectories: [{ ...first, ...edit }, ...others] } },
    }).finish();
    expect(refusal(() => decodeTrajectoryGroup(bytes)).input).toMatchObject({ place, found });
  });

  it('refuses a group without trajectories', () => {
    const bytes = encodeTrajectoryGroup({ ...group, trajectories: [] });
    expect(refusal(() => decodeTrajectoryGroup(bytes)).input.place).toBe('rollout.trajectories');
  });

  it('refuses truncated bytes', () => {
    const bytes = encodeRolloutTask(task);
    expect(refusal(() => decodeRolloutTask(bytes.subarray(0, bytes.length - 1))).input.found).toContain(
      'do not decode',
    );
  });
});
