import { createAnswerScorer } from '../../reward/judge/answer-scorer.js';
import { createRuleRewardModel } from '../../reward/model/rule-reward-model.js';
import { promptOf, shippedRubric } from '../support/reward-fixtures.js';
import { arabic } from '../support/small-locales.js';
import { describeRewardModel } from './reward-model.contract.js';

const TEXTS = ['سافر إلى أسوان في الشتاء.', 'سافر', 'أسوان أسوان أسوان', 'I do not know.'];

describeRewardModel("a rubric's rules", async () => {
  const rubric = await shippedRubric('ar-msa');
  const scoreAnswer = createAnswerScorer(rubric, arabic);
  const prompt = promptOf(arabic, 'أين أسافر؟');
  return {
    model: createRuleRewardModel(rubric, (asked, answer) =>
      answer === 'unknown' ? { contributions: {} } : scoreAnswer(asked, answer),
    ),
    other: createRuleRewardModel({ ...rubric, hash: 'other' }, scoreAnswer),
    answers: TEXTS.map((answer) => ({ prompt, answer })),
    hasDoubt: false,
    rounding: 0,
    unscorable: { answer: { prompt, answer: 'unknown' }, kind: 'abstained' },
    close: async () => undefined,
  };
});
