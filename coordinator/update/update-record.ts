/**
 * Everything that one iteration's update consumed and what came of it: enough to recompute it with another trainer,
 * from the weights before it, and to compare KL, advantages, losses, gradient norms and the weights after it.
 *
 * Per-token tensors follow the packing: sequence s owns entries offsets[s] … offsets[s + 1] − 1, prompt first, and its
 * answer begins at answerStarts[s]. Prompt entries of estimates are what the trainer said and are never used.
 */
import { z } from 'zod';
import { packTensor, packedTensorSchema } from './packed-tensor.js';
import type { PackedTensor } from './packed-tensor.js';
import { joinFloats } from '../advantage/join-floats.js';
import type { BatchAdvantages } from '../advantage/estimate-advantages.js';
import type { AlgorithmOptions } from '../algorithm-options.js';
import type { IterationPlan, RolloutGroup } from '../dispatch/rollout-batch.js';
import type { Estimates } from '../evaluate/evaluator.js';
import type { RewardedTrajectory } from '../../core/domain/reward.js';
import type { StepTaken } from './train-model.js';
import type { Update } from './take-steps.js';

const outcomeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('scored'),
    score: z.strictObject({ raw: z.number(), normalized: z.number() }),
  }),
  z.strictObject({ kind: z.literal('abstained'), reason: z.string() }),
  z.strictObject({ kind: z.literal('judge_failed'), reason: z.string(), retryable: z.boolean() }),
  z.strictObject({ kind: z.literal('unparseable'), raw: z.string() }),
  z.strictObject({ kind: z.literal('policy_malformed'), reason: z.string() }),
]);

const sequenceSchema = z.strictObject({
  taskId: z.string(),
  index: z.int().min(0),
  finish: z.enum(['stop', 'length']),
  outcome: outcomeSchema,
  /** The policy version that it was sampled from; absent where that is the one that the update starts from. */
  sampledFrom: z.strictObject({ version: z.int().min(0), hash: z.string() }).optional(),
});

const stepSchema = z.strictObject({
  epoch: z.int().min(0),
  /** Places in `sequences`, in the order they were packed. */
  sequences: z.array(z.int().min(0)),
  /** Loss weight of every answer token of a sequence. [sequence of the step] */
  weights: packedTensorSchema,
  normalizer: z.number(),
  /** Absent where it was not finite. */
  loss: z.number().optional(),
  /** Before clipping; absent where it was not finite, and then the step was skipped. */
  gradNorm: z.number().optional(),
  skipped: z.boolean(),
});

/** Schema of the artifact, canonical JSON. */
export const updateRecordSchema = z.strictObject({
  format: z.literal('majlis-update/1'),
  iteration: z.int().min(0),
  /** Weights that the update starts from and, where a sequence does not name others, that it was sampled from. */
  policyHash: z.string(),
  rubricHash: z.string(),
  rewardModelHash: z.string(),
  /** Normalized reward of a malformed answer. */
  floor: z.number(),
  /** KL coefficient of this iteration. */
  beta: z.number(),
  temperature: z.number(),
  holdsPolicy: z.boolean(),
  /** The compiled algorithm options. */
  algorithm: z.record(z.string(), z.unknown()),
  sequences: z.array(sequenceSchema),
  /** [token] */
  tokenIds: packedTensorSchema,
  /** [sequence + 1] */
  offsets: packedTensorSchema,
  /** [sequence] */
  answerStarts: packedTensorSchema,
  /** As the sampling engine reported them. [answer token] */
  behaviourLogProbs: packedTensorSchema,
  /** [token] */
  oldLogProbs: packedTensorSchema,
  /** [token] */
  referenceLogProbs: packedTensorSchema,
  /** [token]; absent without a critic */
  values: packedTensorSchema.optional(),
  /** Whitened and importance-weighted; 0 where an answer contributes nothing. [answer token] */
  advantages: packedTensorSchema,
  /** Targets of the critic; 0 where there are none. [answer token] */
  returns: packedTensorSchema.optional(),
  /** 1 where a token contributes. [answer token] */
  weights: packedTensorSchema,
  policySteps: z.array(stepSchema),
  criticSteps: z.array(stepSchema),
});

export type UpdateRecord = z.infer<typeof updateRecordSchema>;

export interface UpdateRecordInput {
  readonly plan: IterationPlan;
  readonly groups: readonly RolloutGroup[];
  readonly rewards: readonly RewardedTrajectory[];
  readonly estimates: Estimates;
  readonly advantages: BatchAdvantages;
  readonly update: Update;
  readonly algorithm: AlgorithmOptions;
  readonly beta: number;
  readonly holdsPolicy: boolean;
}

/** The record of an iteration. */
export function updateRecord(input: UpdateRecordInput): UpdateRecord {
  const { plan, estimates, advantages, update, algorithm, beta, holdsPolicy } = input;
  const { batch, sequences } = estimates.packed;
  const hasReturns = advantages.trajectories.some(({ returns }) => returns !== undefined);
  return {
    format: 'majlis-update/1',
    iteration: plan.iteration,
    policyHash: plan.policy.hash,
    rubricHash: plan.reward.rubricHash,
    rewardModelHash: plan.reward.rewardModelHash,
    floor: plan.reward.floor,
    beta,
    temperature: batch.temperature,
    holdsPolicy,
    algorithm: { ...algorithm },
    sequences: sequences.map(({ taskId, group, trajectory }, at) => ({
      taskId,
      index: trajectory.index,
      finish: trajectory.finish,
      outcome: input.rewards[at].outcome,
      ...sampledFrom(input.groups[group], plan),
    })),
    tokenIds: packTensor(batch.tokenIds),
    offsets: packTensor(batch.offsets),
    answerStarts: packTensor(Int32Array.from(sequences, ({ answerStart }) => answerStart)),
    behaviourLogProbs: packTensor(
      Float64Array.from(sequences.flatMap(({ trajectory }) => trajectory.logProbs)),
    ),
    oldLogProbs: packTensor(estimates.oldLogProbs),
    referenceLogProbs: packTensor(estimates.referenceLogProbs),
    ...(estimates.values === undefined ? {} : { values: packTensor(estimates.values) }),
    advantages: packJoined(advantages.trajectories.map((one) => one.advantages)),
    ...(hasReturns
      ? {
          returns: packJoined(
            advantages.trajectories.map((one) => one.returns ?? one.advantages.map(() => 0)),
          ),
        }
      : {}),
    weights: packJoined(advantages.trajectories.map((one) => one.weights)),
    policySteps: update.policySteps.map(stepRecord),
    criticSteps: update.criticSteps.map(stepRecord),
  };
}

function sampledFrom(
  { task }: RolloutGroup,
  { policy }: IterationPlan,
): Pick<UpdateRecord['sequences'][number], 'sampledFrom'> {
  const { policyVersion: version, policyHash: hash } = task;
  return hash === policy.hash ? {} : { sampledFrom: { version, hash } };
}

function stepRecord({ minibatch, loss, gradNorm, skipped }: StepTaken): UpdateRecord['policySteps'][number] {
  return {
    epoch: minibatch.epoch,
    sequences: [...minibatch.sequences],
    weights: packTensor(minibatch.weights),
    normalizer: minibatch.normalizer,
    ...(Number.isFinite(loss) ? { loss } : {}),
    ...(Number.isFinite(gradNorm) ? { gradNorm } : {}),
    skipped,
  };
}

function packJoined(arrays: readonly Float32Array[]): PackedTensor {
  return packTensor(joinFloats(arrays));
}
