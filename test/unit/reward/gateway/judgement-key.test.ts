import type { Rubric } from '../../../../core/domain/rubric.js';
import { judgementKey } from '../../../../reward/gateway/judgement-key.js';
import type { JudgeRequest } from '../../../../reward/judge/judge.js';
import { pairOf, promptOf, shippedRubric } from '../../../support/reward-fixtures.js';
import { arabic } from '../../../support/small-locales.js';

describe('the key of a verdict', () => {
  const judge = { id: 'qwen', fingerprint: 'qwen-1' };
  let rubric: Rubric;
  let request: JudgeRequest;
  beforeAll(async () => {
    rubric = await shippedRubric('ar-msa');
    request = {
      pair: pairOf(promptOf(arabic, 'أين أسافر؟'), 'إلى أسوان', 'إلى لندن'),
      rubric,
      order: 'first_shown_first',
    };
  });

  const withPair = (change: object): JudgeRequest => ({ ...request, pair: { ...request.pair, ...change } });

  it('does not depend on what the pair and the prompt are called', () => {
    const prompt = { ...request.pair.prompt, id: 'other' };
    expect(judgementKey(judge, withPair({ id: 'other', prompt }))).toBe(judgementKey(judge, request));
  });

  it('depends on judge, rubric, question, prompt, answers and order', () => {
    const criterion = rubric.criteria[0];
    const other: JudgeRequest[] = [
      { ...request, rubric: { ...rubric, hash: 'other' } },
      { ...request, criterion },
      { ...request, order: 'second_shown_first' },
      withPair({ first: 'إلى لندن', second: 'إلى أسوان' }),
      withPair({ first: 'إلى تونس' }),
      withPair({ prompt: { ...request.pair.prompt, text: 'متى؟' } }),
    ];
    const keys = other.map((one) => judgementKey(judge, one));
    keys.push(judgementKey({ ...judge, fingerprint: 'qwen-2' }, request), judgementKey(judge, request));
    expect(new Set(keys).size).toBe(8);
  });

  it('holds for a criterion in every rubric of its locale that has it', () => {
    const [criterion, second] = rubric.criteria;
    const swapped = { ...rubric, hash: 'swapped', criteria: [criterion] };
    expect(judgementKey(judge, { ...request, criterion, rubric: swapped })).toBe(
      judgementKey(judge, { ...request, criterion }),
    );
    expect(judgementKey(judge, { ...request, criterion: second })).not.toBe(
      judgementKey(judge, { ...request, criterion }),
    );
    const elsewhere = { ...rubric, locale: 'ar-MA' };
    expect(judgementKey(judge, { ...request, criterion, rubric: elsewhere })).not.toBe(
      judgementKey(judge, { ...request, criterion }),
    );
  });
});
