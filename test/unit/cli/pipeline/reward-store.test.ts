import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RewardStore } from '../../../../cli/pipeline/reward-store.js';
import type { RewardRecord } from '../../../../cli/pipeline/reward-store.js';
import type { HeldRewardModel } from '../../../../cli/pipeline/reward-forms/reward-form.js';
import {
  heldInTrainer,
  TrainerRewardForm,
} from '../../../../cli/pipeline/reward-forms/trainer-reward-form.js';
import { FakeTrainer } from '../../../support/fake-trainer.js';
import type { SavedFakeModels } from '../../../support/fake-trainer.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const CALL = { run: 'prepare', epoch: 1 };

describe('reward models that are kept', () => {
  const folder = useTemporaryFolder();
  const saved: SavedFakeModels = new Map();
  const aTrainer = (): FakeTrainer => new FakeTrainer({ vocabSize: 4, published: new Map(), saved });

  const formOf = (trainer: FakeTrainer): TrainerRewardForm =>
    new TrainerRewardForm({
      ...{ trainer, call: CALL, seed: 1 },
      checkpoint: { policy: { version: 0, hash: 'sft', location: 'base' } },
      options: { heads: 3, steps: 1, pairsPerStep: 1, learningRate: 1e-3 },
    });
  const storeOf = (trainer: FakeTrainer): RewardStore => new RewardStore(folder(), formOf(trainer));

  const prompt = { id: 'p', text: 'قل شيئا', locale: 'ar', category: 'talk' };
  const RECORD: RewardRecord = {
    rewardModelHash: 'hash-a',
    normalizer: new Map([['ar', { mean: 0.1, scale: 1 / 3 }]]),
    evaluation: { accuracy: 0.9, pairs: 12 },
    preferences: [
      {
        pair: { id: 'p:1', prompt, first: 'نعم', second: 'لا' },
        rubricHash: 'rubric-a',
        probabilityFirst: 0.75,
        weight: 1,
        excludedVerdicts: 2,
      },
    ],
  };

  /** A model that has had one step, which moved it. */
  async function aModel(trainer: FakeTrainer): Promise<HeldRewardModel> {
    const modelId = await trainer.createModel(CALL, { role: 'reward', base: 'base', heads: 3, seed: 1 });
    trainer.weightsOf('reward').set([1, 2, 3, 4]);
    const adam = { learningRate: 0, betas: [0.9, 0.99], eps: 1e-8, weightDecay: 0 } as const;
    await trainer.optimStep({ ...CALL, expectedVersion: 0 }, { modelId, step: 0, ...adam });
    const model = { trainer, call: { ...CALL, expectedVersion: 1 }, modelId, heads: 3 };
    return heldInTrainer(model, { hash: 'hash-a', rubricHash: 'rubric-a' });
  }

  it('are as they were in another process, weights, scale and preferences', async () => {
    const trainer = aTrainer();
    await storeOf(trainer).save('a', RECORD, await aModel(trainer));
    const other = aTrainer();
    const loaded = await storeOf(other).load('a', 'rubric-a');
    expect(loaded).toEqual({ ...RECORD, restore: expect.any(Function) as unknown });
    expect(() => other.weightsOf('reward')).toThrow();
    const held = await loaded?.restore();
    expect([...other.weightsOf('reward')]).toEqual([1, 2, 3, 4]);
    expect(held?.model).toMatchObject({ hash: 'hash-a', rubricHash: 'rubric-a' });
    await held?.free();
    expect(() => other.weightsOf('reward')).toThrow('no reward');
  });

  it('are not there before their description is', async () => {
    const trainer = aTrainer();
    const store = storeOf(trainer);
    expect(await store.load('a', 'rubric-a')).toBeUndefined();
    const save = trainer.saveCheckpoint.bind(trainer);
    let wasDescribed: boolean | undefined;
    trainer.saveCheckpoint = async (call, request) => {
      wasDescribed = existsSync(join(folder(), 'a', 'reward.json'));
      return save(call, request);
    };
    await store.save('a', RECORD, await aModel(trainer));
    expect(wasDescribed).toBe(false);
  });

  it('take the place of files that an interrupted save left', async () => {
    const trainer = aTrainer();
    const left = join(folder(), 'a', 'model');
    mkdirSync(left, { recursive: true });
    const save = trainer.saveCheckpoint.bind(trainer);
    trainer.saveCheckpoint = async (call, request) => {
      // What is saved never changes: a trainer refuses another model in the same folder.
      if (existsSync(request.directory)) throw new Error(`${request.directory} already holds another`);
      return save(call, request);
    };
    const store = storeOf(trainer);
    await store.save('a', RECORD, await aModel(trainer));
    expect((await store.load('a', 'rubric-a'))?.rewardModelHash).toBe('hash-a');
  });

  it('are refused where the weights are not the ones that were saved, naming both, and leave nothing in the trainer', async () => {
    const trainer = aTrainer();
    await storeOf(trainer).save('a', RECORD, await aModel(trainer));
    const model = join(folder(), 'a', 'model');
    saved.set(model, { weights: Float64Array.of(4, 3, 2, 1), step: 1 });
    const other = aTrainer();
    const stored = await storeOf(other).load('a', 'rubric-a');
    const { sha256: wanted } = JSON.parse(readFileSync(join(folder(), 'a', 'reward.json'), 'utf8')) as {
      sha256: string;
    };
    const restored = stored?.restore();
    await expect(restored).rejects.toMatchObject({ code: 'data_loss' });
    await expect(restored).rejects.toThrow(
      new RegExp(
        `${model} holds .* found sha256 (?!${wanted}).* after 1 steps; .* names sha256 ${wanted} after 1 steps`,
      ),
    );
    expect(() => other.weightsOf('reward')).toThrow('no reward');
  });

  it('are refused where their description is not one, naming the place', async () => {
    const trainer = aTrainer();
    const store = storeOf(trainer);
    await store.save('a', RECORD, await aModel(trainer));
    const path = join(folder(), 'a', 'reward.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"heads":3', '"heads":"many"'));
    await expect(store.load('a', 'rubric-a')).rejects.toThrow(`${path} at heads`);
  });
});
