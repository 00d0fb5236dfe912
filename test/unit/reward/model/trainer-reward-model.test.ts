import type { ModelInTrainer } from '../../../../reward/model/model-in-trainer.js';
import { createTrainerRewardModel } from '../../../../reward/model/trainer-reward-model.js';
import { LinearRewardTrainer } from '../../../support/linear-reward-trainer.js';
import { promptOf } from '../../../support/reward-fixtures.js';
import { arabic } from '../../../support/small-locales.js';

const prompt = promptOf(arabic, 'أين أسافر؟');
const names = { hash: 'model', rubricHash: 'rubric' };

/** Two heads; token t weighs t in the first and −t in the second. */
async function oppositeHeads(trainer = new LinearRewardTrainer()): Promise<ModelInTrainer> {
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

  it('asks for so many tokens in one call, or for one sequence that has more', async () => {
    const trainer = new LinearRewardTrainer();
    const model = createTrainerRewardModel({
      ...names,
      model: { ...(await oppositeHeads(trainer)), tokensPerCall: 5 },
    });
    const answers = [[1, 2], [3, 4, 5], [6], [1, 2, 3, 4, 5, 6], [7, 8]];
    const outcomes = await model.score(answers.map((tokenIds) => ({ prompt, answer: '', tokenIds })));
    expect(trainer.forwards.map(({ batch }) => [...batch.offsets])).toEqual([
      [0, 2, 5],
      [0, 1],
      [0, 6],
      [0, 2],
    ]);
    // Heads Σt and −Σt: the variance is 2(Σt)².
    expect(outcomes.map((one) => (one.kind === 'scored' ? one.score.variance : one))).toEqual([
      18, 288, 72, 882, 450,
    ]);
  });
});
