import type { TrajectoryAdvantages } from '../../core/domain/advantage.js';
import { MajlisError } from '../../core/errors.js';
import type { OptimStepRequest, PpoLossConfig } from '../../core/trainer/trainer.js';
import type { AlgorithmOptions } from '../algorithm-options.js';
import type { Estimates } from '../evaluate/evaluator.js';
import type { RunModels } from '../models/run-models.js';
import { together } from '../together.js';
import { policyBatch, valueBatch } from './minibatch.js';
import type { WeightedMinibatch } from './minibatch.js';
import { meanMetric, trainModel } from './train-model.js';
import type { StepTaken } from './train-model.js';
import { updateMetrics } from './update-metrics.js';

/** What an iteration's optimizer steps learn from. */
export interface Lesson {
  readonly algorithm: AlgorithmOptions;
  readonly estimates: Estimates;
  /** One per answer, in the packing's order. */
  readonly trajectories: readonly TrajectoryAdvantages[];
  /** β of this iteration; matters where the KL is a loss. */
  readonly beta: number;
}

/** The minibatches of each model, in order; a model without any takes no step. */
export interface PlannedSteps {
  readonly policy: readonly WeightedMinibatch[];
  readonly critic: readonly WeightedMinibatch[];
  /** Whether `targetKl` may end the policy's epochs early. */
  readonly mayStopEarly: boolean;
}

/** What an iteration's learning did. */
export interface Update {
  readonly policySteps: readonly StepTaken[];
  readonly criticSteps: readonly StepTaken[];
  /** True where the policy's weights changed. */
  readonly hasMoved: boolean;
  readonly metrics: Readonly<Record<string, number>>;
}

/** Takes policy and critic through their minibatches, side by side: a function of the weights, the lesson and the steps. */
export async function takeSteps(
  models: RunModels,
  lesson: Lesson,
  steps: PlannedSteps,
  signal: AbortSignal,
): Promise<Update> {
  const [policySteps, criticSteps] = await together([
    trainPolicy(models, lesson, steps, signal),
    trainCritic(models, lesson, steps, signal),
  ]);
  const hasMoved = policySteps.some(({ skipped }) => !skipped);
  const metrics = updateMetrics(policySteps, criticSteps, lesson.algorithm);
  return { policySteps, criticSteps, hasMoved, metrics };
}

async function trainPolicy(
  models: RunModels,
  { algorithm, estimates, trajectories, beta }: Lesson,
  { policy: minibatches, mayStopEarly }: PlannedSteps,
  signal: AbortSignal,
): Promise<StepTaken[]> {
  const { targetKl, policyLearningRate, sequencesPerMicroBatch } = algorithm;
  const config = policyLoss(algorithm, beta);
  return trainModel(models.policy, {
    minibatches,
    lossOf: (micro) => ({ type: 'ppo', batch: policyBatch(micro, estimates, trajectories), config }),
    sequencesPerMicroBatch,
    optimizer: optimizer(algorithm, policyLearningRate),
    shouldStop: (epoch) => mayStopEarly && targetKl !== undefined && approximateKl(epoch) > targetKl,
    signal,
  });
}

async function trainCritic(
  models: RunModels,
  { algorithm, estimates, trajectories }: Lesson,
  { critic: minibatches }: PlannedSteps,
  signal: AbortSignal,
): Promise<StepTaken[]> {
  const { values } = estimates;
  if (models.critic === undefined || values === undefined) return [];
  const { valueClip, criticLearningRate, sequencesPerMicroBatch } = algorithm;
  const config = valueClip === undefined ? {} : { clip: valueClip };
  return trainModel(models.critic, {
    minibatches,
    lossOf: (micro) => ({
      type: 'value',
      batch: valueBatch(micro, { ...estimates, values }, trajectories),
      config,
    }),
    sequencesPerMicroBatch,
    optimizer: optimizer(algorithm, criticLearningRate),
    signal,
  });
}

function optimizer(
  { adamBetas, adamEps, weightDecay, gradientClip }: AlgorithmOptions,
  learningRate: number,
): Omit<OptimStepRequest, 'modelId' | 'step'> {
  return { learningRate, betas: adamBetas, eps: adamEps, weightDecay, clip: gradientClip };
}

/** An epoch's mean KL estimate. A trainer without it could never be stopped by a target, so that is refused. */
function approximateKl(epoch: readonly StepTaken[]): number {
  const mean = meanMetric(epoch, 'approximateKl');
  if (mean !== undefined) return mean;
  throw new MajlisError('The trainer reports no metric approximateKl, which targetKl needs.', {
    code: 'internal',
  });
}

function policyLoss(algorithm: AlgorithmOptions, beta: number): PpoLossConfig {
  const { epsLow, epsHigh, dualClip, ratio, entropyCoef, kl } = algorithm;
  return {
    epsLow,
    epsHigh,
    ratio,
    entropyCoef,
    ...(dualClip === undefined ? {} : { dualClip }),
    ...(kl.placement === 'loss' ? { kl: { kind: kl.kind, coef: beta } } : {}),
  };
}
