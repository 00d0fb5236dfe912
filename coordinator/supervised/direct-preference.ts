/**
 * Direct preference optimization through the trainer port (Rafailov et al. 2023, arXiv 2305.18290, equation 7). Labels are
 * soft, which is the conservative form of its authors' note "A note on DPO with noisy preferences" (Mitchell 2023) with each
 * pair's own noise rate. It ends by steps and draws everything from one seed.
 */
import { MajlisError } from '../../core/errors.js';
import { createRng } from '../../core/math/rng.js';
import type { ModelId, PairBatch, TokenBatch, Trainer, TrainerCall } from '../../core/trainer/trainer.js';
import { endlessOrder } from './endless-order.js';
import type { PreferencePair } from './preference-pair.js';
import { sequenceSums } from './sequence-sums.js';
import { learningRateAt, packDemonstrations, type SupervisedProgress } from './supervised-fine-tuning.js';

export interface DirectPreferenceOptions {
  readonly steps: number;
  readonly pairsPerStep: number;
  /** Peak, as of supervised fine-tuning. */
  readonly learningRate: number;
  readonly warmupSteps: number;
  /** Of the implicit reward β·log(π / π_ref). */
  readonly beta: number;
  /** Temperature that the policy is sampled at. */
  readonly temperature: number;
  readonly seed: number;
}

/** A policy to move, and the frozen one that it is held to. */
export interface DirectPreferenceModels {
  readonly trainer: Trainer;
  readonly call: TrainerCall;
  readonly policy: ModelId;
  readonly reference: ModelId;
}

const BETAS: readonly [number, number] = [0.9, 0.98];

/** A pair with the reference's log-probability of each answer, in nats. */
type ReferencedPair = PreferencePair & { readonly referenceSums: readonly [number, number] };

/** Trains the policy in place and returns the number of optimizer steps. The pairs that weigh nothing are left out. */
export async function optimizePreferences(
  models: DirectPreferenceModels,
  pairs: readonly PreferencePair[],
  options: DirectPreferenceOptions,
  onProgress: (progress: Omit<SupervisedProgress, 'tokens'>) => void = () => undefined,
): Promise<number> {
  const { trainer, call, policy: modelId } = models;
  const weighing = pairs.filter(({ weight }) => weight > 0);
  if (weighing.length === 0) {
    throw new MajlisError('DPO needs at least one pair that weighs something.', {
      code: 'failed_precondition',
    });
  }
  const referenced = await withReference(models, weighing, options);
  const order = endlessOrder(createRng(options.seed).fork('pairs'), referenced.length);
  for (let step = 0; step < options.steps; step += 1) {
    const chosen = Array.from({ length: options.pairsPerStep }, () => referenced[order.next().value]);
    const batch = packPairs(chosen, options.temperature);
    const normalizer = chosen.reduce((sum, { weight }) => sum + weight, 0);
    const versioned = { ...call, expectedVersion: step };
    const loss = { type: 'dpo', batch, config: { beta: options.beta } } as const;
    const result = await trainer.forwardBackward(versioned, { modelId, step, micro: 0, loss, normalizer });
    const learningRate = learningRateAt(step, options);
    const adam = { learningRate, betas: BETAS, eps: 1e-8, weightDecay: 0, clip: 1 };
    await trainer.optimStep(versioned, { modelId, step, ...adam });
    onProgress({ step: step + 1, steps: options.steps, loss: result.loss });
  }
  return options.steps;
}

/** The reference never moves, so its likelihoods are asked for once. */
async function withReference(
  { trainer, call, reference: modelId }: DirectPreferenceModels,
  pairs: readonly PreferencePair[],
  { pairsPerStep, temperature }: DirectPreferenceOptions,
): Promise<ReferencedPair[]> {
  const referenced: ReferencedPair[] = [];
  for (let start = 0; start < pairs.length; start += pairsPerStep) {
    const chunk = pairs.slice(start, start + pairsPerStep);
    const batch = packAnswers(chunk, temperature);
    const request = { modelId, batch, want: ['log_probs'] as const };
    const { logProbs } = await trainer.forward({ ...call, expectedVersion: 0 }, request);
    const sums = sequenceSums(batch, logProbs);
    for (const [at, pair] of chunk.entries()) {
      referenced.push({ ...pair, referenceSums: [sums[2 * at], sums[2 * at + 1]] });
    }
  }
  return referenced;
}

/** First and second answer of each pair in turn, with weight 1 on answer tokens. */
function packAnswers(pairs: readonly PreferencePair[], temperature: number): TokenBatch {
  const answers = pairs.flatMap(({ promptTokenIds, first, second }) => [
    { promptTokenIds, answerTokenIds: first },
    { promptTokenIds, answerTokenIds: second },
  ]);
  return { ...packDemonstrations(answers), temperature };
}

function packPairs(
  pairs: readonly ReferencedPair[],
  temperature: number,
): PairBatch & { readonly referenceSums: Float32Array } {
  return {
    ...packAnswers(pairs, temperature),
    first: Int32Array.from(pairs, (_, at) => 2 * at),
    second: Int32Array.from(pairs, (_, at) => 2 * at + 1),
    labels: Float32Array.from(pairs, ({ probabilityFirst }) => probabilityFirst),
    pairWeights: Float32Array.from(pairs, ({ weight }) => weight),
    referenceSums: Float32Array.from(pairs.flatMap(({ referenceSums }) => referenceSums)),
  };
}
