import { z } from 'zod';
import { defineEvaluator } from '../evaluator.js';

/**
 * Freedom from loops: the share of word trigrams that are new in the answer, and no higher than the share of words
 * that differ from the word before them.
 */
export const repetition = defineEvaluator({
  name: 'repetition',
  parameters: z.strictObject({}),
  prepare:
    () =>
    ({ words }) => {
      if (words.length < 2) return 1;
      const fresh = words.length === 2 ? 1 : distinctTrigrams(words) / (words.length - 2);
      const stutters = words.filter((word, at) => at > 0 && word === words[at - 1]).length;
      return Math.min(fresh, 1 - stutters / (words.length - 1));
    },
});

/** Of at least three words. Words go by number, since a number is made and compared faster than three words in a row. */
function distinctTrigrams(words: readonly string[]): number {
  const numbers = new Map<string, number>();
  const numbered = words.map((word) => {
    const known = numbers.get(word) ?? numbers.size;
    numbers.set(word, known);
    return known;
  });
  const distinct = numbers.size;
  // Exact below 2^53, which is 208,000 different words.
  return new Set(
    numbered.slice(2).map((word, at) => (numbered[at] * distinct + numbered[at + 1]) * distinct + word),
  ).size;
}
