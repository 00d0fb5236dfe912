/**
 * One iteration's learning. Policy and critic are separate models and train side by side over the same minibatches.
 *
 * - Normalizers are a whole minibatch's, so micro-batches change memory and never a gradient.
 * - Where the policy is held (critic warm-up, the first iterations after a rubric swap), it takes no step at all.
 * - An answer without an advantage is in no minibatch.
 */
import type { Rng } from '../../core/math/rng.js';
import type { BatchAdvantages } from '../advantage/estimate-advantages.js';
import type { AlgorithmOptions } from '../algorithm-options.js';
import type { Estimates } from '../evaluate/evaluator.js';
import type { RunModels } from '../models/run-models.js';
import { minibatches, weighMinibatch } from './minibatch.js';
import type { WeightedMinibatch } from './minibatch.js';
import { takeSteps } from './take-steps.js';
import type { Update } from './take-steps.js';

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

export class Updater {
  constructor(
    private readonly models: RunModels,
    private readonly algorithm: AlgorithmOptions,
    /** The run's stream for minibatches; an iteration's is its child. */
    private readonly rng: Rng,
  ) {}

  async update(request: UpdateRequest, signal: AbortSignal): Promise<Update> {
    const { estimates, advantages, beta, holdsPolicy } = request;
    const { trajectories } = advantages;
    const planned = this.plan(request);
    const steps = { policy: holdsPolicy ? [] : planned, critic: planned, mayStopEarly: true };
    return takeSteps(
      this.models,
      { algorithm: this.algorithm, estimates, trajectories, beta },
      steps,
      signal,
    );
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
}
