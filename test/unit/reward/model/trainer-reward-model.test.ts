import type { ModelInTrainer } from '../../../../reward/model/model-in-trainer.js';
import { createTrainerRewardModel } from '../../../../reward/model/trainer-reward-model.js';
import { LinearRewardTrainer } from '../../../support/linear-reward-trainer.js';
import { promptOf } from '../../../support/reward-fixtures.js';
import { arabic } from '../../../support/small-locales.js';

const prompt = promptOf(arabic, 'أين أسافر؟');
const names = { hash: 'model', rubricHash: 'rubric' };

/** Two heads; token t weighs t in the first and −t in the second. */
async function oppositeHeads(): Promise<ModelInTrainer> {
  const trainer = new LinearRewardTrainer();
  const call = { run: 'r', epoch: 1 };
  const modelId = await trainer.createModel(call, { role: 'reward', base: 'b', heads: 2, seed: 1 });
  for (let token = 0; token < 64; token += 1) {
    trainer.weights[token] = token;
    trainer.weights[64 + token] = -token;
  }
  return { trainer, call: { ...call, expectedVersion: 0 }, modelId, heads: 2 };
}

describe('createTrainerRewardModel', () => {
  it('scores the tokens that an answer comes with, and else the tokens of its text', async () => {
    const model = createTrainerRewardModel({
      ...names,
      model: await oppositeHeads(),
      encode: (_prompt, answer) => ({ tokenIds: [answer.length], answerLength: 1 }),
    });
    // Heads t and −t: mean 0, unbiased variance 2t².
    expect(
      await model.score([
        { prompt, answer: 'four', tokenIds: [1, 2] },
        { prompt, answer: 'four' },
      ]),
    ).toEqual([
      { kind: 'scored', score: { mean: 0, variance: 18 } },
      { kind: 'scored', score: { mean: 0, variance: 32 } },
    ]);
  });

  it('refuses an answer without tokens where it has no tokenizer', async () => {
    const model = createTrainerRewardModel({ ...names, model: await oppositeHeads() });
    await expect(model.score([{ prompt, answer: 'text' }])).rejects.toMatchObject({
      code: 'failed_precondition',
    });
  });
});
