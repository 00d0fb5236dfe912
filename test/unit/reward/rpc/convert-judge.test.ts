import type { Criterion, Rubric } from '../../../../core/domain/rubric.js';
import type { JudgeRequest } from '../../../../reward/judge/judge.js';
import { verdictOf } from '../../../../reward/judge/verdict-of.js';
import { judgeResponseFromMessage, judgeResponseToMessage } from '../../../../reward/rpc/convert-judge.js';
import { shippedRubric } from '../../../support/reward-fixtures.js';

describe('a verdict of a gateway', () => {
  let rubric: Rubric;
  beforeAll(async () => {
    rubric = await shippedRubric('ar-msa');
  });

  const asking = (criterion?: Criterion): JudgeRequest => ({
    pair: {
      id: 'pair-1',
      prompt: { id: 'prompt-1', locale: 'ar', text: 'أين أسافر؟' },
      first: 'إلى أسوان',
      second: 'إلى لندن',
    },
    rubric,
    order: 'first_shown_first',
    ...(criterion === undefined ? {} : { criterion }),
  });

  const answerTo = (request: JudgeRequest) => {
    const verdict = verdictOf('judge', request, { kind: 'scored', score: { probabilityFirst: 0.75 } });
    return judgeResponseToMessage({ verdict, source: 'judge' });
  };

  it('names the criterion that was asked about', () => {
    const [criterion] = rubric.criteria;
    const request = asking(criterion);
    const { verdict } = judgeResponseFromMessage({ judgeId: 'judge', request }, answerTo(request));
    expect(verdict.criterionHash).toBe(criterion.hash);
  });

  it('is refused where it is about another criterion, or about the whole rubric', () => {
    const [asked, another] = rubric.criteria;
    const read = (about?: Criterion) => () =>
      judgeResponseFromMessage({ judgeId: 'judge', request: asking(asked) }, answerTo(asking(about)));
    expect(read(another)).toThrow(
      `verdict.criterionHash: found ${another.hash}; allowed: ${asked.hash}, as asked`,
    );
    expect(read()).toThrow(`verdict.criterionHash: found none; allowed: ${asked.hash}, as asked`);
  });
});
