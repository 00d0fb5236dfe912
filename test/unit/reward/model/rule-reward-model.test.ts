import type { Rubric } from '../../../../core/domain/rubric.js';
import { createRuleRewardModel } from '../../../../reward/model/rule-reward-model.js';

const rubric = { id: 'r', hash: 'h' } as Rubric;
const prompt = { id: 'p', locale: 'ar', text: 'q' };

describe('createRuleRewardModel', () => {
  it('puts composites on the logits of rule judges, four a point', async () => {
    const model = createRuleRewardModel(rubric, (_prompt, answer) => ({
      value: Number(answer),
      contributions: {},
    }));
    const outcomes = await model.score([
      { prompt, answer: '0.5' },
      { prompt, answer: '-1' },
    ]);
    expect(outcomes).toEqual([
      { kind: 'scored', score: { mean: 2, variance: 0 } },
      { kind: 'scored', score: { mean: -4, variance: 0 } },
    ]);
    expect(model).toMatchObject({ hash: 'h', rubricHash: 'h' });
  });

  it('abstains where the rules alone do not decide', async () => {
    const model = createRuleRewardModel(rubric, () => ({ contributions: {} }));
    expect(await model.score([{ prompt, answer: 'a' }])).toEqual([
      { kind: 'abstained', reason: 'the rules of rubric r alone do not decide' },
    ]);
  });
});
