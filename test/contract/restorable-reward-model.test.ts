import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RestorableRewardModel } from '../../cli/pipeline/restorable-reward-model.js';
import { LightRewardForm } from '../../cli/pipeline/reward-forms/light-reward-form.js';
import { LONGEST_TEXT } from '../../reward/judge/answer-limits.js';
import { saveLightReward } from '../../reward/model/light/light-artifact.js';
import { createLightRewardModel } from '../../reward/model/light/light-reward-model.js';
import { flipBit } from '../support/flip-bit.js';
import { simulateJudgedTexts } from '../support/judged-texts.js';
import { trainShipped } from '../support/light-training.js';
import { arabic } from '../support/small-locales.js';
import { describeStoredRewardModel } from './reward-model.contract.js';

describeStoredRewardModel('a model that was freed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'majlis-restorable-'));
  const pairs = simulateJudgedTexts(40, { seed: 3, lengthBias: 0 });
  const { reward } = await trainShipped('und', pairs);
  const other = await trainShipped('und', pairs, { seed: 2 });
  const directory = join(folder, 'model');
  await saveLightReward(directory, reward);
  const form = new LightRewardForm({ profile: arabic, heads: 2, seed: 1 });
  const names = { hash: reward.hash, rubricHash: reward.rubric.hash };
  const freed = async (): Promise<RestorableRewardModel> => {
    const restore = (): ReturnType<typeof form.restore> => form.restore(directory, { form: 'light' }, names);
    const model = new RestorableRewardModel(names, restore);
    await model.ready();
    await model.release();
    return model;
  };
  const [{ prompt }] = pairs;
  return {
    model: await freed(),
    other: createLightRewardModel(other.reward),
    answers: pairs.slice(0, 8).map(({ prompt: asked, first }) => ({ prompt: asked, answer: first })),
    hasDoubt: true,
    rounding: 0,
    unscorable: { answer: { prompt, answer: 'a'.repeat(LONGEST_TEXT + 1) }, kind: 'policy_malformed' },
    reopen: freed,
    damage: async () => {
      flipBit(join(directory, 'weights.safetensors'), 500);
    },
    close: () => rm(folder, { recursive: true }),
  };
});
