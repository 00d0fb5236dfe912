import type { TrajectoryAdvantages } from '../../core/domain/advantage.js';
import type { RewardedTrajectory } from '../../core/domain/reward.js';
import { truncatedImportanceWeights } from '../../core/math/importance.js';
import type { AlgorithmOptions } from '../algorithm-options.js';
import { answerOf } from '../evaluate/pack-batch.js';
import type { Estimates } from '../evaluate/evaluator.js';
import type { RewardSource } from '../score/reward-source.js';
import type { Answer, AnswerAdvantage } from './answer.js';
import { batchMetrics } from './batch-metrics.js';
import { groupEstimator } from './group-estimator.js';
import { ppoEstimator } from './ppo-estimator.js';
import { samplingMetrics } from './sampling-metrics.js';
import { scoredAnswers } from './scored-answers.js';

export interface AdvantageInput {
  readonly estimates: Estimates;
  readonly rewards: readonly RewardedTrajectory[];
  readonly reward: RewardSource;
  readonly algorithm: AlgorithmOptions;
  /** β of this iteration. */
  readonly beta: number;
}

/** What an update learns from, and what the batch says about the policy. */
export interface BatchAdvantages {
  /** One per answer, in the packing's order. An answer with weights of 0 contributes nothing. */
  readonly trajectories: readonly TrajectoryAdvantages[];
  /** Mean over answers of the summed k1 estimate against the reference, in nats: what steers β. */
  readonly klPerSequence: number;
  readonly excludedShare: number;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Rewards and estimates to advantages. Pure: equal inputs give equal bits. */
export function estimateAdvantages(input: AdvantageInput): BatchAdvantages {
  const { estimates, rewards, reward, algorithm, beta } = input;
  const { sequences } = estimates.packed;
  const scored = scoredAnswers(sequences, rewards, { floor: reward.floor, rewardClip: algorithm.rewardClip });
  const answers = answersOf(estimates, scored.scores);
  const rewardBeta = algorithm.kl.placement === 'reward' ? beta : 0;
  const estimator = algorithm.estimator === 'ppo' ? ppoEstimator : groupEstimator(algorithm.estimator);
  const advantages = estimator(answers, { algorithm, beta: rewardBeta });
  const behaviour = sequences.map(({ trajectory }) => Float32Array.from(trajectory.logProbs));
  const old = answers.map(({ oldLogProbs }) => oldLogProbs);
  const weights = importance(old, behaviour, algorithm);
  const { metrics, ...figures } = batchMetrics({
    answers,
    advantages,
    behaviour,
    scored,
    reward,
    beta: rewardBeta,
  });
  const sampled = { old, behaviour, ...(weights === undefined ? {} : { weights }) };
  return {
    trajectories: answers.map((answer, at) => weighted(answer, advantages[at], weights?.[at])),
    ...figures,
    metrics: { ...metrics, ...samplingMetrics(sampled) },
  };
}

function answersOf(estimates: Estimates, scores: readonly (number | undefined)[]): Answer[] {
  const { packed, oldLogProbs, referenceLogProbs, values } = estimates;
  return packed.sequences.map((sequence, at) => ({
    taskId: sequence.taskId,
    index: sequence.trajectory.index,
    group: sequence.group,
    finish: sequence.trajectory.finish,
    score: scores[at],
    oldLogProbs: answerOf(oldLogProbs, sequence),
    referenceLogProbs: answerOf(referenceLogProbs, sequence),
    ...(values === undefined ? {} : { values: answerOf(values, sequence) }),
  }));
}

/** min(π_old / π_behaviour, C): the sampler may be an older policy, or differ from the trainer in its last bits. [answer][token] */
function importance(
  old: readonly Float32Array[],
  behaviour: readonly Float32Array[],
  { importanceCap }: AlgorithmOptions,
): readonly Float32Array[] | undefined {
  if (importanceCap === undefined) return undefined;
  return old.map((logProbs, at) => truncatedImportanceWeights(logProbs, behaviour[at], importanceCap));
}

function weighted(
  answer: Answer,
  estimated: AnswerAdvantage | undefined,
  importanceWeights: Float32Array | undefined,
): TrajectoryAdvantages {
  const { taskId, index, oldLogProbs } = answer;
  const length = oldLogProbs.length;
  const nothing = { taskId, index, advantages: new Float32Array(length), weights: new Float32Array(length) };
  if (estimated === undefined) return nothing;
  const advantages = estimated.advantages.map((advantage, t) => advantage * (importanceWeights?.[t] ?? 1));
  const weights = new Float32Array(length).fill(1);
  if (estimated.returns === undefined) return { taskId, index, advantages, weights };
  return { taskId, index, advantages, weights, returns: estimated.returns };
}
