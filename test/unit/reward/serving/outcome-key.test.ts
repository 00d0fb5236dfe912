import type { AnswerToReward } from '../../../../reward/model/reward-model.js';
import { outcomeKey } from '../../../../reward/serving/outcome-key.js';

const hashes = { rubricHash: 'r'.repeat(64), rewardModelHash: 'm'.repeat(64) };
const prompt = { id: '0', locale: 'ar', text: 'سؤال' };
const answer: AnswerToReward = { prompt, answer: 'جواب' };

describe('outcomeKey', () => {
  it('is another for whatever an outcome is a function of', () => {
    const keys = [
      outcomeKey(hashes, answer),
      outcomeKey({ ...hashes, rubricHash: 's'.repeat(64) }, answer),
      outcomeKey({ ...hashes, rewardModelHash: 'n'.repeat(64) }, answer),
      ...['ar-EG', 'a', 'a\ud83d', 'a\ud83c'].map((locale) => {
        return outcomeKey(hashes, { ...answer, prompt: { ...prompt, locale } });
      }),
      // Lone surrogates are one letter in UTF-8.
      ...['food', '', '\ud83d', '\ud83c'].map((category) => {
        return outcomeKey(hashes, { ...answer, prompt: { ...prompt, category } });
      }),
      // No tokens are not the tokens of none: a network that is sent an empty list does not read the text.
      outcomeKey(hashes, { ...answer, tokenIds: [] }),
      outcomeKey(hashes, { ...answer, tokenIds: [12] }),
      outcomeKey(hashes, { ...answer, tokenIds: [1, 2] }),
      outcomeKey(hashes, { prompt: { ...prompt, text: 'سؤالج' }, answer: 'واب' }),
      ...[20_000, 40_000, 40_001].map((times) => outcomeKey(hashes, { prompt, answer: 'ب'.repeat(times) })),
    ];
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('is the same for the same answer, whatever came between, and no longer for a long one', () => {
    const long = { prompt, answer: 'ب'.repeat(90_000) };
    const [first, firstLong] = [outcomeKey(hashes, answer), outcomeKey(hashes, long)];
    expect(outcomeKey(hashes, { prompt: { ...prompt, id: '7' }, answer: 'جواب' })).toBe(first);
    expect(outcomeKey(hashes, { ...long })).toBe(firstLong);
    expect(firstLong).toHaveLength(first.length);
  });
});
