import { appliesTo } from '../../../../reward/rubric/applies-to.js';

const prompt = { id: 'p', locale: 'ar-EG', text: 'أين نأكل في رمضان؟', category: 'food' };

describe('appliesTo', () => {
  it.each([
    ['nothing is asked', undefined, true],
    ['the category is one of them', { categories: ['travel', 'food'] }, true],
    ['the category is another', { categories: ['travel'] }, false],
    ['the prompt has the word', { words: ['رمضان'] }, true],
    ['the prompt has the word inside another only', { words: ['رمض'] }, false],
    ['one of two conditions fails', { categories: ['food'], words: ['عيد'] }, false],
  ])('is decided where %s', (_case, appliesWhen, expected) => {
    expect(appliesTo(appliesWhen === undefined ? {} : { appliesWhen }, prompt)).toBe(expected);
  });

  it('finds a word in a script without spaces inside the text', () => {
    const japanese = { id: 'p', locale: 'ja', text: '京都で何を食べますか。' };
    expect(appliesTo({ appliesWhen: { words: ['食べ'] } }, japanese)).toBe(true);
    expect(appliesTo({ appliesWhen: { words: ['大阪'] } }, japanese)).toBe(false);
  });

  it('passes over a prompt that has no category', () => {
    const bare = { id: 'p', locale: 'ar', text: 'سؤال' };
    expect(appliesTo({ appliesWhen: { categories: ['food'] } }, bare)).toBe(false);
  });
});
