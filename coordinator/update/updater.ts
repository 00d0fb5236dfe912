/**
 * One iteration's learning. Policy and critic are separate models and train side by side over the same minibatches.
 *
 * - Normalizers are a whole minibatch's, so micro-batches change memory and never a gradient.
 * - Where the policy is held (critic warm-up, the first iterations after a rubric swap), it takes no step at all.
 * - An answer without an advantage is in no minibatch.
 */
import { MajlisError } from '../../core/errors.js';
import type { Rng } from '../../core/math/rng.js';
import type { OptimStepRequest, PpoLossConfig } from '../../core/trainer/trainer.js';
import type { BatchAdvantages } from '../advantage/estimate-advantages.js';
import type { AlgorithmOptions } from '../algorithm-options.js';
import type { Estimates } from '../evaluate/evaluator.js';
import type { RunModels } from '../models/run-models.js';
import { minibatches, policyBatch, valueBatch, weighMinibatch } from './minibatch.js';
import type { WeightedMinibatch } from './minibatch.js';
import { meanMetric, trainModel } from './train-model.js';
import type { StepTaken } from './train-model.js';
import { updateMetrics } from './update-metrics.js';

export interface UpdateRequest {
  readonly iteration: number;
  readonly estimates: Estimates;
  readonly advantages: BatchAdvantages;
  /** β of this iteration; matters where the KL is a loss. */
  readonly beta: number;
  /** True while only the critic learns. */
  readonly holdsPolicy: boolean;
  /** Longest answer allowed, in tokens. */
  readonly maxNewTokens: number;
}

/** What an iteration's learning did. */
export interface Update {
  readonly policySteps: readonly StepTaken[];
  readonly criticSteps: readonly StepTaken[];
  /** True where the policy's weights changed. */
  readonly hasMoved: boolean;
  readonly metrics: Readonly<Record<string, number>>;
}

export class Updater {
  constructor(
    private readonly models: RunModels,
    private readonly algorithm: AlgorithmOptions,
    /** The run's stream for minibatches; an iteration's is its child. */
    private readonly rng: Rng,
  ) {}

  async update(request: UpdateRequest, signal: AbortSignal): Promise<Update> {
    const steps = this.plan(request);
    const [policySteps, criticSteps] = await Promise.all([
      request.holdsPolicy ? [] : this.trainPolicy(request, steps, signal),
      this.trainCritic(request, steps, signal),
    ]);
    const hasMoved = policySteps.some(({ skipped }) => !skipped);
    const metrics = updateMetrics(policySteps, criticSteps, this.algorithm);
    return { policySteps, criticSteps, hasMoved, metrics };
  }

  private plan({ iteration, estimates, advantages, maxNewTokens }: UpdateRequest): WeightedMinibatch[] {
    const contributing = [...advantages.trajectories.keys()].filter((at) =>
      advantages.trajectories[at].weights.some((weight) => weight !== 0),
    );
    const aggregation = { mode: this.algorithm.aggregation, normLength: maxNewTokens };
    return minibatches(contributing, this.algorithm, this.rng.fork(iteration)).map((minibatch) =>
      weighMinibatch(minibatch, estimates, aggregation),
    );
  }

  private async trainPolicy(
    { estimates, advantages, beta }: UpdateRequest,
    steps: readonly WeightedMinibatch[],
    signal: AbortSignal,
  ): Promise<StepTaken[]> {
    const { targetKl, policyLearningRate, sequencesPerMicroBatch } = this.algorithm;
    const config = policyLoss(this.algorithm, beta);
    return trainModel(this.models.policy, {
      minibatches: steps,
      lossOf: (micro) => ({
        type: 'ppo',
        batch: policyBatch(micro, estimates, advantages.trajectories),
        config,
      }),
      sequencesPerMicroBatch,
      optimizer: this.optimizer(policyLearningRate),
      shouldStop: (epoch) => targetKl !== undefined && approximateKl(epoch) > targetKl,
      signal,
    });
  }

  private async trainCritic(
    { estimates, advantages }: UpdateRequest,
    steps: readonly WeightedMinibatch[],
    signal: AbortSignal,
  ): Promise<StepTaken[]> {
    const { values } = estimates;
    if (this.models.critic === undefined || values === undefined) return [];
    const { valueClip, criticLearningRate, sequencesPerMicroBatch } = this.algorithm;
    const config = valueClip === undefined ? {} : { clip: valueClip };
    return trainModel(this.models.critic, {
      minibatches: steps,
      lossOf: (micro) => ({
        type: 'value',
        batch: valueBatch(micro, { ...estimates, values }, advantages.trajectories),
        config,
      }),
      sequencesPerMicroBatch,
      optimizer: this.optimizer(criticLearningRate),
      signal,
    });
  }

  private optimizer(learningRate: number): Omit<OptimStepRequest, 'modelId' | 'step'> {
    const { adamBetas, adamEps, weightDecay, gradientClip } = this.algorithm;
    return { learningRate, betas: adamBetas, eps: adamEps, weightDecay, clip: gradientClip };
  }
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
