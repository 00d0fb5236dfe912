import type { LossRequest, MetricSums, OptimStepRequest } from '../../core/trainer/trainer.js';
import type { TrainedModel } from '../models/trained-model.js';
import { microBatches } from './minibatch.js';
import type { WeightedMinibatch } from './minibatch.js';

/** One optimizer step that was taken. */
export interface StepTaken {
  readonly minibatch: WeightedMinibatch;
  readonly loss: number;
  readonly gradNorm: number;
  readonly skipped: boolean;
  readonly metrics: MetricSums;
}

export interface TrainModelOptions {
  readonly minibatches: readonly WeightedMinibatch[];
  readonly lossOf: (micro: WeightedMinibatch) => LossRequest;
  readonly sequencesPerMicroBatch: number;
  readonly optimizer: Omit<OptimStepRequest, 'modelId' | 'step'>;
  /** Asked after every epoch but the last, with that epoch's steps. */
  readonly shouldStop?: (epoch: readonly StepTaken[]) => boolean;
  readonly signal: AbortSignal;
}

/** Takes one model through an iteration's minibatches, in order: gradients of all micro-batches, then one step. */
export async function trainModel(model: TrainedModel, options: TrainModelOptions): Promise<StepTaken[]> {
  const taken: StepTaken[] = [];
  let epoch: StepTaken[] = [];
  for (const minibatch of options.minibatches) {
    if (epoch.length > 0 && minibatch.epoch !== epoch[0].minibatch.epoch) {
      if (options.shouldStop?.(epoch) === true) return taken;
      epoch = [];
    }
    options.signal.throwIfAborted();
    const step = await takeStep(model, minibatch, options);
    taken.push(step);
    epoch.push(step);
  }
  return taken;
}

/** A metric's mean over steps, weighted by what each step counted; undefined where no step reports it. */
export function meanMetric(steps: readonly StepTaken[], name: string): number | undefined {
  const sums = steps.flatMap(({ metrics }) => metrics[name] ?? []);
  const count = sums.reduce((total, metric) => total + metric.count, 0);
  return count === 0 ? undefined : sums.reduce((total, metric) => total + metric.sum, 0) / count;
}

async function takeStep(
  model: TrainedModel,
  minibatch: WeightedMinibatch,
  options: TrainModelOptions,
): Promise<StepTaken> {
  let loss = 0;
  const metrics: Record<string, { sum: number; count: number }> = {};
  for (const [micro, piece] of microBatches(minibatch, options.sequencesPerMicroBatch).entries()) {
    const result = await model.forwardBackward(micro, options.lossOf(piece), minibatch.normalizer);
    loss += result.loss;
    for (const [name, { sum, count }] of Object.entries(result.metrics)) {
      const before = metrics[name] ?? { sum: 0, count: 0 };
      metrics[name] = { sum: before.sum + sum, count: before.count + count };
    }
  }
  const { gradNorm, skipped } = await model.optimStep(options.optimizer);
  return { minibatch, loss, gradNorm, skipped, metrics };
}
