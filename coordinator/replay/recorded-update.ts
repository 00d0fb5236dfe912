import type { TrajectoryAdvantages } from '../../core/domain/advantage.js';
import type { RewardedTrajectory } from '../../core/domain/reward.js';
import { parseInput } from '../../core/config/parse-input.js';
import { MajlisError } from '../../core/errors.js';
import type { AnswerToPack } from '../evaluate/pack-batch.js';
import { packAnswers } from '../evaluate/pack-batch.js';
import type { Estimates } from '../evaluate/evaluator.js';
import type { RewardSource } from '../score/reward-source.js';
import { unpackTensor } from '../update/packed-tensor.js';
import type { PackedTensor } from '../update/packed-tensor.js';
import type { Lesson, PlannedSteps } from '../update/take-steps.js';
import type { UpdateRecord } from '../update/update-record.js';
import type { WeightedMinibatch } from '../update/minibatch.js';
import { recordedAlgorithmSchema } from './recorded-algorithm.js';

/** A stored update as learning took it in. */
export interface RecordedUpdate {
  readonly record: UpdateRecord;
  readonly lesson: Lesson;
  /** The very minibatches that were taken: where a target of the KL ended the epochs, they end. */
  readonly steps: PlannedSteps;
  readonly rewards: readonly RewardedTrajectory[];
  /** Its id is not stored; the hash stands for it. */
  readonly reward: RewardSource;
}

/** Unpacks a record; one whose parts do not fit each other is `data_loss`. */
export function recordedUpdate(record: UpdateRecord): RecordedUpdate {
  const { rubricHash, rewardModelHash, floor, iteration } = record;
  const source = `update record of iteration ${iteration}`;
  const algorithm = parseInput(recordedAlgorithmSchema, record.algorithm, { source, place: 'algorithm' });
  const estimates = estimatesOf(record);
  return {
    record,
    lesson: { algorithm, estimates, trajectories: trajectoriesOf(record, estimates), beta: record.beta },
    steps: {
      policy: record.policySteps.map(minibatchOf),
      critic: record.criticSteps.map(minibatchOf),
      mayStopEarly: false,
    },
    rewards: record.sequences.map(({ taskId, index, outcome }) => ({
      taskId,
      index,
      rubricHash,
      rewardModelHash,
      outcome,
    })),
    reward: { rubricId: rubricHash, rubricHash, rewardModelHash, floor },
  };
}

function estimatesOf(record: UpdateRecord): Estimates {
  const packed = packAnswers(answersOf(record), record.temperature);
  const perToken = (tensor: PackedTensor): Float32Array =>
    requireLength(floats(tensor), packed.batch.tokenIds.length);
  return {
    packed,
    oldLogProbs: perToken(record.oldLogProbs),
    referenceLogProbs: perToken(record.referenceLogProbs),
    ...(record.values === undefined ? {} : { values: perToken(record.values) }),
  };
}

function answersOf(record: UpdateRecord): AnswerToPack[] {
  const [tokenIds, offsets, starts] = [record.tokenIds, record.offsets, record.answerStarts].map(integers);
  const logProbs = doubles(record.behaviourLogProbs);
  requireLength(offsets, record.sequences.length + 1);
  requireLength(starts, record.sequences.length);
  let [group, taken] = [-1, 0];
  return record.sequences.map(({ taskId, index, finish }, at) => {
    // Answers of one task lie side by side, and a task is one prompt group.
    if (taskId !== record.sequences[at - 1]?.taskId) group += 1;
    const answer = tokenIds.subarray(starts[at], offsets[at + 1]);
    const behaviour = requireLength(logProbs.subarray(taken, taken + answer.length), answer.length);
    taken += answer.length;
    const trajectory = { index, tokenIds: Array.from(answer), logProbs: Array.from(behaviour), finish };
    const promptTokenIds = Array.from(tokenIds.subarray(offsets[at], starts[at]));
    return { taskId, group, promptTokenIds, trajectory };
  });
}

function trajectoriesOf(record: UpdateRecord, { packed }: Estimates): TrajectoryAdvantages[] {
  const all = { advantages: floats(record.advantages), weights: floats(record.weights) };
  const returns = record.returns === undefined ? undefined : floats(record.returns);
  let taken = 0;
  return packed.sequences.map(({ taskId, trajectory }) => {
    const { length } = trajectory.tokenIds;
    const cut = (array: Float32Array): Float32Array =>
      requireLength(array.subarray(taken, taken + length), length);
    const one = {
      taskId,
      index: trajectory.index,
      advantages: cut(all.advantages),
      weights: cut(all.weights),
      ...(returns === undefined ? {} : { returns: cut(returns) }),
    };
    taken += length;
    return one;
  });
}

function minibatchOf(step: UpdateRecord['policySteps'][number]): WeightedMinibatch {
  const { epoch, sequences, normalizer } = step;
  return { epoch, sequences, normalizer, weights: requireLength(doubles(step.weights), sequences.length) };
}

function floats(tensor: PackedTensor): Float32Array {
  const array = unpackTensor(tensor);
  if (array instanceof Float32Array) return array;
  throw misfit(`${tensor.dtype} where float32 belongs`);
}

function doubles(tensor: PackedTensor): Float64Array {
  const array = unpackTensor(tensor);
  if (array instanceof Float64Array) return array;
  throw misfit(`${tensor.dtype} where float64 belongs`);
}

function integers(tensor: PackedTensor): Int32Array {
  const array = unpackTensor(tensor);
  if (array instanceof Int32Array) return array;
  throw misfit(`${tensor.dtype} where int32 belongs`);
}

function requireLength<Tensor extends { readonly length: number }>(array: Tensor, length: number): Tensor {
  if (array.length === length) return array;
  throw misfit(`${array.length} entries where ${length} belong`);
}

function misfit(found: string): MajlisError {
  return new MajlisError(`an update record has ${found}`, { code: 'data_loss' });
}
