import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LONGEST_TEXT } from '../../reward/judge/answer-limits.js';
import { loadLightReward, saveLightReward } from '../../reward/model/light/light-artifact.js';
import { createLightRewardModel } from '../../reward/model/light/light-reward-model.js';
import { flipBit } from '../support/flip-bit.js';
import { simulateJudgedTexts } from '../support/judged-texts.js';
import { trainShipped } from '../support/light-training.js';
import { describeStoredRewardModel } from './reward-model.contract.js';

describeStoredRewardModel('the light model', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'majlis-light-'));
  const pairs = simulateJudgedTexts(40, { seed: 3, lengthBias: 0 });
  const { reward } = await trainShipped('und', pairs);
  const other = await trainShipped('und', pairs, { seed: 2 });
  const directory = join(folder, 'model');
  await saveLightReward(directory, reward);
  const [{ prompt }] = pairs;
  return {
    model: createLightRewardModel(reward),
    other: createLightRewardModel(other.reward),
    answers: pairs.slice(0, 8).map(({ prompt: asked, first }) => ({ prompt: asked, answer: first })),
    hasDoubt: true,
    rounding: 0,
    unscorable: { answer: { prompt, answer: 'a'.repeat(LONGEST_TEXT + 1) }, kind: 'policy_malformed' },
    reopen: async () => createLightRewardModel(await loadLightReward(directory)),
    damage: async () => {
      flipBit(join(directory, 'weights.safetensors'), 500);
    },
    close: () => rm(folder, { recursive: true }),
  };
});
