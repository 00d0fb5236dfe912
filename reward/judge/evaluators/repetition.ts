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
      const trigrams = words.slice(2).map((word, at) => `${words[at]} ${words[at + 1]} ${word}`);
      const fresh = trigrams.length === 0 ? 1 : new Set(trigrams).size / trigrams.length;
      const stutters = words.filter((word, at) => at > 0 && word === words[at - 1]).length;
      return Math.min(fresh, 1 - stutters / (words.length - 1));
    },
});
