import { readAnswer } from '../../../../reward/judge/answer-reading.js';
import { createAnswerScorer } from '../../../../reward/judge/answer-scorer.js';
import { evaluators } from '../../../../reward/judge/evaluators/registry.js';
import { promptOf, shippedRubric } from '../../../support/reward-fixtures.js';
import { arabic, korean } from '../../../support/small-locales.js';

const prompt = promptOf(arabic, 'أين أسافر؟');

describe('a reading', () => {
  it('is made once for an answer to a prompt, and anew for another prompt or profile', () => {
    const first = readAnswer(prompt, 'سافر إلى أسوان', arabic);
    expect(readAnswer(prompt, 'سافر إلى أسوان', arabic)).toBe(first);
    const other = { ...prompt, category: 'travel' };
    expect(readAnswer(other, 'سافر إلى أسوان', arabic).prompt).toBe(other);
    expect(readAnswer(prompt, 'سافر إلى أسوان', korean)).not.toBe(first);
    expect(readAnswer(prompt, 'سافر إلى أسوان', arabic)).toEqual(first);
  });

  it('is forgotten after 512 others, and never kept of a long answer', () => {
    const first = readAnswer(prompt, 'first', arabic);
    for (let at = 0; at < 511; at += 1) readAnswer(prompt, `other ${at}`, arabic);
    expect(readAnswer(prompt, 'first', arabic)).toBe(first);
    readAnswer(prompt, 'one more', arabic);
    expect(readAnswer(prompt, 'first', arabic)).not.toBe(first);
    const long = 'x'.repeat(4097);
    expect(readAnswer(prompt, long, arabic)).not.toBe(readAnswer(prompt, long, arabic));
  });

  it('is scored as if nobody had scored it before', async () => {
    const rubric = await shippedRubric('ar-msa');
    const remembering = createAnswerScorer(rubric, arabic);
    // Evaluators that are not the registry's own are asked each time.
    const fresh = createAnswerScorer(rubric, arabic, new Map(evaluators));
    const elsewhere = createAnswerScorer({ ...rubric, locale: 'ar-EG' }, arabic);
    const texts = [
      '',
      'سافر إلى أسوان في الشتاء.',
      'نعم نعم نعم نعم نعم',
      'Take a taxi to 5th Avenue for $5.',
    ];
    for (const text of [...texts, ...texts]) {
      const expected = fresh(prompt, text);
      expect(remembering(prompt, text)).toEqual(expected);
      expect(
        createAnswerScorer({ ...rubric, locale: 'ar-EG' }, arabic, new Map(evaluators))(prompt, text),
      ).toEqual(elsewhere(prompt, text));
    }
  });
});
