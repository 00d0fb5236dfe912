import { createRng } from '../../../../core/math/rng.js';
import { samplePairs } from '../../../../reward/preference/pair-sampler.js';
import { promptOf } from '../../../support/reward-fixtures.js';
import { arabic } from '../../../support/small-locales.js';

function sample(answers: readonly string[], pairsPerPrompt = 100, seed = 1): ReturnType<typeof samplePairs> {
  const answered = [{ prompt: promptOf(arabic, 'أين أسافر؟'), answers }];
  return samplePairs(answered, { pairsPerPrompt, profile: arabic, rng: createRng(seed) });
}

describe('samplePairs', () => {
  it('makes every pair of different answers once', () => {
    const { pairs } = sample(['أ', 'ب', 'ت', 'ث']);
    const unordered = pairs.map(({ first, second }) => [first, second].sort().join('')).sort();
    expect(unordered).toEqual(['أب', 'أت', 'أث', 'بت', 'بث', 'تث']);
    expect(new Set(pairs.map(({ id }) => id)).size).toBe(6);
  });

  it('draws no more than it may', () => {
    expect(sample(['أ', 'ب', 'ت', 'ث'], 4).pairs).toHaveLength(4);
  });

  it('drops equal answers and answers that mention an unseen name, and counts both', () => {
    const sampled = sample(['في أسوان', 'في أسوان', 'في طنطا', 'في لندن']);
    expect(sampled.droppedDuplicates).toBe(1);
    expect(sampled.droppedUnseen).toBe(2);
    expect(sampled.pairs.map(({ first, second }) => [first, second].sort())).toEqual([
      ['في أسوان', 'في لندن'],
    ]);
  });

  it('makes no pair of a prompt whose answers are all the same', () => {
    expect(sample(['أ', 'أ', 'أ']).pairs).toEqual([]);
  });

  it('puts either answer first about equally often', () => {
    const answers = Array.from({ length: 40 }, (_, index) => String(index).padStart(2, '0'));
    const { pairs } = sample(answers, 780);
    const ascending = pairs.filter(({ first, second }) => first < second).length;
    // 780 fair coins: within four standard deviations of 390.
    expect(Math.abs(ascending - 390)).toBeLessThan(4 * Math.sqrt(780 / 4));
  });

  it('draws the same pairs of a prompt whatever other prompts there are', () => {
    const one = { prompt: promptOf(arabic, 'س', 'one'), answers: ['أ', 'ب', 'ت'] };
    const two = { prompt: promptOf(arabic, 'س', 'two'), answers: ['أ', 'ب', 'ت'] };
    const sampling = { pairsPerPrompt: 1, profile: arabic, rng: createRng(3) };
    const together = samplePairs([one, two], sampling).pairs;
    expect(samplePairs([two], sampling).pairs).toEqual([together[1]]);
  });
});
