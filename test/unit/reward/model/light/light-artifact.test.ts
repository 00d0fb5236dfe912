import { readFileSync, writeFileSync, rmSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadLightReward, saveLightReward } from '../../../../../reward/model/light/light-artifact.js';
import { createLightRewardModel } from '../../../../../reward/model/light/light-reward-model.js';
import { flipBit } from '../../../../support/flip-bit.js';
import { simulateJudgedTexts } from '../../../../support/judged-texts.js';
import { scoresOf, trainShipped } from '../../../../support/light-training.js';
import { useTemporaryFolder } from '../../../../support/temporary-folder.js';

const pairs = simulateJudgedTexts(40, { seed: 3, lengthBias: 0 });
const answers = pairs.map(({ first }) => first);

describe('a light reward model on disk', () => {
  const folder = useTemporaryFolder();

  it('scores after it was read back as it did before, to the last bit', async () => {
    const trained = await trainShipped('und', pairs);
    await saveLightReward(join(folder(), 'a', 'model'), trained.reward);
    const loaded = await loadLightReward(join(folder(), 'a', 'model'));
    expect(loaded).toEqual(trained.reward);
    const [before, after] = [trained, createLightRewardModel(loaded)];
    expect(await scoresOf(after, pairs[0].prompt, answers)).toEqual(
      await scoresOf(before, pairs[0].prompt, answers),
    );
  });

  it('is written twice where it is the same, and never over another', async () => {
    const { reward } = await trainShipped('und', pairs);
    await saveLightReward(folder(), reward);
    const manifest = readFileSync(join(folder(), 'reward-model.json'), 'utf8');
    await saveLightReward(folder(), reward);
    const other = await trainShipped('und', pairs, { seed: 2 });
    await expect(saveLightReward(folder(), other.reward)).rejects.toMatchObject({
      code: 'already_exists',
      message: expect.stringContaining('to another folder') as string,
    });
    expect(readFileSync(join(folder(), 'reward-model.json'), 'utf8')).toBe(manifest);
  });

  it.each(['weights.safetensors', 'rubric.json', 'locale.json'])(
    'is not read where a bit of %s has flipped, or the file is gone',
    async (file) => {
      await saveLightReward(folder(), (await trainShipped('und', pairs)).reward);
      flipBit(join(folder(), file), 200);
      await expect(loadLightReward(folder())).rejects.toMatchObject({
        code: 'data_loss',
        message: expect.stringContaining(`${file} is damaged`) as string,
      });
      rmSync(join(folder(), file));
      await expect(loadLightReward(folder())).rejects.toThrow(`${file} is missing`);
    },
  );

  it('is not read where its description was changed', async () => {
    await saveLightReward(folder(), (await trainShipped('und', pairs)).reward);
    const path = join(folder(), 'reward-model.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace('"seed":1', '"seed":2'));
    await expect(loadLightReward(folder())).rejects.toMatchObject({
      code: 'data_loss',
      message: expect.stringContaining('damaged') as string,
    });
  });

  it('is not read with the weights of another', async () => {
    const [one, other] = [join(folder(), 'one'), join(folder(), 'other')];
    await saveLightReward(one, (await trainShipped('und', pairs)).reward);
    await saveLightReward(other, (await trainShipped('und', pairs, { seed: 2 })).reward);
    copyFileSync(join(other, 'weights.safetensors'), join(one, 'weights.safetensors'));
    await expect(loadLightReward(one)).rejects.toMatchObject({ code: 'data_loss' });
  });

  it('is told from what is no reward model', async () => {
    await expect(loadLightReward(join(folder(), 'nowhere'))).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    await expect(loadLightReward(folder())).rejects.toThrow('no reward-model.json');
    writeFileSync(join(folder(), 'reward-model.json'), '{"format":"majlis-reward/1"}');
    await expect(loadLightReward(folder())).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining('majlis-light-reward/1') as string,
    });
  });
});
