import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '../../core/math/rng.js';
import { initialWeights } from '../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../core/network/model-directory/write-model-directory.js';
import type { Trainer } from '../../core/trainer/trainer.js';
import type { EncodedPair } from '../../reward/model/encoded-pair.js';
import type { ModelInTrainer } from '../../reward/model/model-in-trainer.js';
import type { AnswerToReward, RewardModel } from '../../reward/model/reward-model.js';
import { trainRewardModel } from '../../reward/model/train-reward-model.js';
import { createTrainerRewardModel } from '../../reward/model/trainer-reward-model.js';
import type { StoredRewardModelHarness } from '../contract/reward-model.contract.js';
import { flipBit } from './flip-bit.js';
import { promptOf } from './reward-fixtures.js';
import { arabic } from './small-locales.js';

const CONFIG = { vocabSize: 24, contextLength: 16, layers: 1, width: 16, heads: 2 };
const HEADS = 3;
const STEPS = 4;
/** A token whose embedding is no number. */
const BROKEN = 23;

/** Pairs in which the answer of larger tokens is the better. */
const PAIRS = Array.from({ length: 8 }, (_, at): EncodedPair => {
  const [better, worse] = [
    [1, 12, 15 + (at % 4)],
    [1, 3 + (at % 5)],
  ];
  return {
    promptId: `p${at}`,
    first: { tokenIds: better, answerLength: 2 },
    second: { tokenIds: worse, answerLength: 1 },
    probabilityFirst: 0.9,
    weight: 1,
  };
});

/** A causal language model whose last token has an embedding that is no number. */
export async function writeBrokenBase(directory: string): Promise<void> {
  const weights = initialWeights(CONFIG, 3);
  weights.get('transformer.wte.weight')?.fill(NaN, BROKEN * CONFIG.width, (BROKEN + 1) * CONFIG.width);
  await writeModelDirectory({ directory, config: CONFIG, weights });
}

/** Reward models in a trainer, which stays when the harness is closed. */
export async function trainerRewardHarness(trainer: Trainer): Promise<StoredRewardModelHarness> {
  const folder = await mkdtemp(join(tmpdir(), 'majlis-trainer-reward-'));
  const base = join(folder, 'base');
  await writeBrokenBase(base);
  const call = { run: 'run', epoch: 1 };
  const trained = async (seed: number): Promise<ModelInTrainer> => {
    const { model } = await trainRewardModel({
      ...{ trainer, call, base, rng: createRng(seed) },
      pairs: { training: PAIRS, heldOut: [] },
      settings: { heads: HEADS, steps: STEPS, pairsPerStep: 4, learningRate: 0.01 },
    });
    return model;
  };
  const model = await trained(1);
  const directory = join(folder, 'saved');
  await trainer.saveCheckpoint(model.call, { modelId: model.modelId, directory });
  return {
    model: named(model, 'first'),
    other: named(await trained(2), 'second'),
    answers: PAIRS.flatMap(({ first, second }) => [first, second]).map(({ tokenIds }) => answerOf(tokenIds)),
    hasDoubt: true,
    rounding: 1e-6,
    unscorable: { answer: answerOf([1, BROKEN]), kind: 'judge_failed' },
    reopen: async () => {
      const modelId = await trainer.createModel(call, { role: 'reward', base, heads: HEADS, seed: 0 });
      await trainer.loadCheckpoint(call, { modelId, directory });
      return named({ ...model, modelId }, 'first');
    },
    damage: async () => {
      const weights = (await readdir(directory)).filter((name) => name.endsWith('.safetensors'));
      for (const name of weights) flipBit(join(directory, name), 2000);
    },
    close: () => rm(folder, { recursive: true }),
  };
}

function named(model: ModelInTrainer, hash: string): RewardModel {
  return createTrainerRewardModel({ hash, rubricHash: 'rubric', model });
}

function answerOf(tokenIds: readonly number[]): AnswerToReward {
  return { prompt: promptOf(arabic, 'أين أسافر؟'), answer: tokenIds.join(' '), tokenIds };
}
