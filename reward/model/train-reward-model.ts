/**
 * Reward-model training through the trainer port. It ends by steps, never by the clock, and draws everything from one
 * random stream, so the same pairs, base and seed give the same model on the same engine.
 */
import type { Rng } from '../../core/math/rng.js';
import { MajlisError } from '../../core/errors.js';
import { requireFiniteLoss } from '../../core/trainer/require-finite-loss.js';
import type { Trainer, TrainerCall } from '../../core/trainer/trainer.js';
import type { EncodedPair } from './encoded-pair.js';
import { lengthBaseline, lengthOffsets, pairAccuracy } from './length-nuisance.js';
import type { ModelInTrainer } from './model-in-trainer.js';
import { scoreSequences } from './model-in-trainer.js';
import { bootstrapPairs, minibatches, packPairs, plainPairs } from './pair-batches.js';
import type { TrainingPair } from './pair-batches.js';

import type { Split } from './split-by-prompt.js';

export interface RewardModelSettings {
  /** Heads on bootstrap samples of the prompts; their spread is the model's doubt. */
  readonly heads: number;
  readonly steps: number;
  readonly pairsPerStep: number;
  /** Of the first step; it falls in a straight line to 0 after the last. */
  readonly learningRate: number;
  /** c of the penalty c·(r₁ + r₂)², which fixes the scale's origin; 0.01 by default. */
  readonly centring?: number;
  /** Largest gradient norm; 1 by default. */
  readonly clip?: number;
  readonly weightDecay?: number;
}

export interface RewardModelTraining {
  readonly trainer: Trainer;
  /** Without `expectedVersion`: the model is new. */
  readonly call: TrainerCall;
  /** Hugging Face directory of the SFT checkpoint. */
  readonly base: string;
  readonly pairs: Split<EncodedPair>;
  readonly settings: RewardModelSettings;
  readonly rng: Rng;
  readonly signal?: AbortSignal;
  /** Called after each step with the steps done and the loss. */
  readonly onStep?: (done: number, loss: number) => void;
}

/** How well a reward model orders pairs of prompts that it never saw. */
export interface RewardModelEvaluation {
  /** Share of held-out pairs in the label's order, ties half; absent where no held-out pair has a side. */
  readonly accuracy?: number;
  /** The same for length alone. */
  readonly lengthBaseline?: number;
  readonly pairs: number;
}

/** Trains a reward model from the base and measures it on the held-out prompts. */
export async function trainRewardModel(
  training: RewardModelTraining,
): Promise<{ readonly model: ModelInTrainer; readonly evaluation: RewardModelEvaluation }> {
  const { trainer, call, base, pairs, settings, rng } = training;
  if (pairs.training.length === 0) {
    throw new MajlisError('A reward model needs at least one training pair.', {
      code: 'failed_precondition',
    });
  }
  const seed = rng.fork('weights').uint32();
  const modelId = await trainer.createModel(call, { role: 'reward', base, heads: settings.heads, seed });
  await takeSteps(training, modelId);
  const model = {
    trainer,
    call: { ...call, expectedVersion: settings.steps },
    modelId,
    heads: settings.heads,
  };
  return { model, evaluation: await evaluateRewardModel(model, pairs, training.signal) };
}

async function takeSteps(training: RewardModelTraining, modelId: string): Promise<void> {
  const { trainer, pairs, settings, rng, signal } = training;
  const { steps, heads, clip = 1, centring = 0.01, weightDecay = 0 } = settings;
  const offsets = lengthOffsets(pairs.training);
  const sampled =
    heads === 1
      ? plainPairs(pairs.training, offsets)
      : bootstrapPairs(pairs.training, offsets, { heads, rng: rng.fork('bootstrap') });
  const batches = minibatches(sampled, settings.pairsPerStep, rng.fork('order'));
  for (let step = 0; step < steps; step += 1) {
    signal?.throwIfAborted();
    const call = { ...training.call, expectedVersion: step };
    const chosen = batches.next().value;
    const { batch, normalizer } = packPairs(chosen);
    const loss = { type: 'bradley_terry', batch, config: { centring } } as const;
    const result = await trainer.forwardBackward(call, { modelId, step, micro: 0, loss, normalizer });
    requireFiniteLoss(result.loss, {
      step: `reward model step ${step + 1} of ${steps}`,
      ...{ of: 'pairs of prompts', batch: promptsOf(chosen) },
      nextStep: 'look at these, or lower rewardModel.learningRate',
    });
    const learningRate = settings.learningRate * (1 - step / steps);
    const adam = { learningRate, betas: [0.9, 0.95] as const, eps: 1e-8, weightDecay, clip };
    await trainer.optimStep(call, { modelId, step, ...adam });
    training.onStep?.(step + 1, result.loss);
  }
}

function promptsOf(chosen: readonly TrainingPair[]): string[] {
  return [...new Set(chosen.map(({ pair }) => pair.promptId))];
}

/** Held-out pair accuracy of the heads' mean, beside the accuracy of length alone. */
export async function evaluateRewardModel(
  model: ModelInTrainer,
  { training, heldOut }: Split<EncodedPair>,
  signal?: AbortSignal,
): Promise<RewardModelEvaluation> {
  const sequences = heldOut.flatMap(({ first, second }) => [first.tokenIds, second.tokenIds]);
  const scores = await scoreSequences(model, sequences, signal);
  const accuracy = pairAccuracy(heldOut, (_pair, at) => scores[2 * at].mean - scores[2 * at + 1].mean);
  const baseline = lengthBaseline(training, heldOut);
  return {
    ...(accuracy === undefined ? {} : { accuracy }),
    ...(baseline === undefined ? {} : { lengthBaseline: baseline }),
    pairs: heldOut.length,
  };
}
