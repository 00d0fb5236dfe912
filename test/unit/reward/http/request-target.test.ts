import { readTarget } from '../../../../reward/http/request-target.js';

const read = (query: object): object => readTarget(query, 'POST /');

describe('what an address says', () => {
  it('is the active reward unless told', () => {
    expect(read({})).toEqual({ reward: { alias: 'active' }, labelsAreLocales: false });
  });

  it('is an alias or two hashes, a locale, what labels are and a deadline', () => {
    expect(read({ reward: 'next', locale: 'ar-EG', deadline_ms: '250' })).toEqual({
      ...{ reward: { alias: 'next' }, locale: 'ar-EG', deadlineMs: 250, labelsAreLocales: false },
    });
    expect(read({ rubric_hash: 'r', reward_model_hash: 'm', label: 'locale' })).toEqual({
      ...{ reward: { rubricHash: 'r', rewardModelHash: 'm' }, labelsAreLocales: true },
    });
  });

  it.each([
    [
      { rubric_hash: 'r' },
      'found rubric_hash; allowed: reward, or rubric_hash and reward_model_hash together',
    ],
    [{ reward: 'a', rubric_hash: 'r', reward_model_hash: 'm' }, 'allowed: reward, or rubric_hash'],
    [{ lang: 'ar' }, 'at query: found unknown key "lang"'],
    [{ reward: ['a', 'b'] }, 'at query, reward: found ["a","b"]'],
    [{ reward: '' }, 'at query, reward: found ""'],
    [{ deadline_ms: '-1' }, 'at query, deadline_ms: found "-1"'],
    [{ deadline_ms: '1e3' }, 'at query, deadline_ms: found "1e3"'],
    [
      { deadline_ms: '1000000000' },
      'deadline_ms: found "1000000000"; allowed: milliseconds, a whole number from 1 of at most 9',
    ],
    [{ label: 'answer' }, 'at query, label: found "answer"'],
  ])('is refused where it makes no sense: %j', (query, sentence) => {
    expect(() => read(query)).toThrow(sentence);
  });
});
