import { requireFiniteLoss } from '../../core/trainer/require-finite-loss.js';
import type { ModelId, TokenBatch, Trainer, TrainerCall } from '../../core/trainer/trainer.js';
import { createRng, type Rng } from '../../core/math/rng.js';
import { endlessOrder } from './endless-order.js';

/** One demonstration as token ids: the rendered prompt, then the answer with its end-of-text token. */
export interface Demonstration {
  readonly promptTokenIds: readonly number[];
  readonly answerTokenIds: readonly number[];
  /** Of each of its answer tokens in the loss, above 0; 1 unless told. */
  readonly weight?: number;
}

export interface SupervisedOptions {
  readonly steps: number;
  readonly sequencesPerStep: number;
  /** Peak learning rate: reached after `warmupSteps`, then falls linearly to a tenth of it. */
  readonly learningRate: number;
  readonly warmupSteps: number;
  /**
   * Share of prompt tokens that are replaced by random ones, anew in each step. A small model that has seen only a few
   * hundred prompts otherwise answers unknown wording with noise (word dropout: Bowman et al. 2016, §3.1).
   */
  readonly promptNoise: number;
  readonly vocabSize: number;
  readonly seed: number;
}

export interface SupervisedProgress {
  readonly step: number;
  readonly steps: number;
  /** Weighted mean nats per answer token in this step's batch. */
  readonly loss: number;
  readonly tokens: number;
}

const BETAS: readonly [number, number] = [0.9, 0.98];
const FINAL_SHARE = 0.1;

/**
 * Supervised fine-tuning through the trainer port: cross-entropy over answer tokens only, a fixed number of steps,
 * demonstrations in a seeded order that is shuffled anew each epoch. Returns the number of optimizer steps.
 */
export async function superviseModel(
  { trainer, call, modelId }: { trainer: Trainer; call: TrainerCall; modelId: ModelId },
  demonstrations: readonly Demonstration[],
  options: SupervisedOptions,
  onProgress: (progress: SupervisedProgress) => void = () => undefined,
): Promise<number> {
  const rng = createRng(options.seed);
  const order = endlessOrder(rng.fork('supervised'), demonstrations.length);
  for (let step = 0; step < options.steps; step += 1) {
    const places = Array.from({ length: options.sequencesPerStep }, () => order.next().value);
    const chosen = places.map((at) => demonstrations[at]);
    const batch = packDemonstrations(chosen);
    addPromptNoise(batch, options, rng.fork(`noise/${step}`));
    const tokens = batch.weights.reduce((sum, weight) => sum + weight, 0);
    const versioned = { ...call, expectedVersion: step };
    const { loss } = await trainer.forwardBackward(versioned, {
      modelId,
      step,
      micro: 0,
      loss: { type: 'cross_entropy', batch },
      normalizer: tokens,
    });
    requireFiniteLoss(loss, {
      step: `supervised step ${step + 1} of ${options.steps}`,
      ...{ of: 'demonstrations', batch: places.map((at) => at + 1) },
      nextStep: 'look at these, or lower supervised.learningRate',
    });
    await trainer.optimStep(versioned, {
      modelId,
      step,
      learningRate: learningRateAt(step, options),
      betas: BETAS,
      eps: 1e-8,
      weightDecay: 0.01,
      clip: 1,
    });
    onProgress({ step: step + 1, steps: options.steps, loss, tokens });
  }
  return options.steps;
}

/** Packs demonstrations with their weight on answer tokens and 0 on prompt tokens. */
export function packDemonstrations(demonstrations: readonly Demonstration[]): TokenBatch {
  const lengths = demonstrations.map((item) => item.promptTokenIds.length + item.answerTokenIds.length);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const tokenIds = new Int32Array(total);
  const weights = new Float32Array(total);
  const offsets = new Int32Array(demonstrations.length + 1);
  let at = 0;
  demonstrations.forEach(({ promptTokenIds, answerTokenIds, weight = 1 }, index) => {
    tokenIds.set(promptTokenIds, at);
    tokenIds.set(answerTokenIds, at + promptTokenIds.length);
    weights.fill(weight, at + promptTokenIds.length, at + promptTokenIds.length + answerTokenIds.length);
    at += promptTokenIds.length + answerTokenIds.length;
    offsets[index + 1] = at;
  });
  return { tokenIds, offsets, weights, temperature: 1 };
}

/** Replaces prompt tokens in place: those without weight, but not a sequence's first, nor the one before its answer. */
function addPromptNoise(
  { tokenIds, offsets, weights }: TokenBatch,
  { promptNoise, vocabSize }: SupervisedOptions,
  rng: Rng,
): void {
  if (promptNoise === 0) return;
  const starts = new Set(offsets);
  for (let at = 0; at + 1 < tokenIds.length; at += 1) {
    const isInside = weights[at] === 0 && weights[at + 1] === 0 && !starts.has(at);
    if (isInside && rng.uniform() < promptNoise) tokenIds[at] = rng.integer(vocabSize);
  }
}

/** Linear warm-up, then linear decay to a tenth of the peak. */
export function learningRateAt(
  step: number,
  options: Pick<SupervisedOptions, 'steps' | 'learningRate' | 'warmupSteps'>,
): number {
  if (step < options.warmupSteps) return (options.learningRate * (step + 1)) / options.warmupSteps;
  const left = (options.steps - step) / Math.max(options.steps - options.warmupSteps, 1);
  return options.learningRate * Math.max(left, FINAL_SHARE);
}
