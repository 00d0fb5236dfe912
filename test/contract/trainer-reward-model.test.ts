import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '../../core/math/rng.js';
import { initialWeights } from '../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../core/network/model-directory/write-model-directory.js';
import { EmbeddedTrainer } from '../../core/trainer/embedded-trainer.js';
import type { EncodedPair } from '../../reward/model/encoded-pair.js';
import type { ModelInTrainer } from '../../reward/model/model-in-trainer.js';
import type { RewardModel } from '../../reward/model/reward-model.js';
import { trainRewardModel } from '../../reward/model/train-reward-model.js';
import { createTrainerRewardModel } from '../../reward/model/trainer-reward-model.js';
import { flipBit } from '../support/flip-bit.js';
import { promptOf } from '../support/reward-fixtures.js';
import { arabic } from '../support/small-locales.js';
import { describeStoredRewardModel } from './reward-model.contract.js';

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

describeStoredRewardModel('the model in a trainer', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'majlis-trainer-reward-'));
  const base = join(folder, 'base');
  const weights = initialWeights(CONFIG, 3);
  weights.get('transformer.wte.weight')?.fill(NaN, BROKEN * CONFIG.width, (BROKEN + 1) * CONFIG.width);
  await writeModelDirectory({ directory: base, config: CONFIG, weights });
  const trainer = EmbeddedTrainer.create({ threads: 2 });
  const call = { run: 'run', epoch: 1 };
  const trained = async (seed: number): Promise<ModelInTrainer> => {
    const { model } = await trainRewardModel({
      ...{ trainer, call, base, rng: createRng(seed) },
      pairs: { training: PAIRS, heldOut: [] },
      settings: { heads: HEADS, steps: STEPS, pairsPerStep: 4, learningRate: 0.01 },
    });
    return model;
  };
  const named = (model: ModelInTrainer, hash: string): RewardModel =>
    createTrainerRewardModel({ hash, rubricHash: 'rubric', model });
  const model = await trained(1);
  const directory = join(folder, 'saved');
  await trainer.saveCheckpoint(model.call, { modelId: model.modelId, directory });
  const prompt = promptOf(arabic, 'أين أسافر؟');
  const answerOf = (
    tokenIds: readonly number[],
  ): { prompt: typeof prompt; answer: string; tokenIds: readonly number[] } => ({
    prompt,
    answer: tokenIds.join(' '),
    tokenIds,
  });
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
      flipBit(join(directory, 'trainer-state.safetensors'), 2000);
    },
    close: async () => {
      await trainer.close();
      await rm(folder, { recursive: true });
    },
  };
});
