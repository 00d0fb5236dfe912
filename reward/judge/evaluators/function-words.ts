import { z } from 'zod';
import { BadInputError } from '../../../core/errors.js';
import { defineEvaluator } from '../evaluator.js';

/**
 * Language fidelity where languages share a script: the share of words that are function words of the locale
 * (`stopWords`), saturating at `minimum`. A quarter to a half of running text is such words; another language has next
 * to none. An answer of less than `fewest` words scores 1: a phrase may do without.
 */
export const functionWords = defineEvaluator({
  name: 'function-words',
  parameters: z.strictObject({
    minimum: z.number().gt(0).max(1).default(0.15),
    fewest: z.int().min(1).default(5),
  }),
  prepare: ({ minimum, fewest }, { tag, profile }, where) => {
    const stopWords = new Set(profile.stopWords);
    if (stopWords.size === 0) {
      throw new BadInputError({
        ...where,
        found: `no stopWords in the profile of locale ${profile.locale}`,
        allowed: 'function-words under a profile that lists stopWords',
      });
    }
    return ({ words }) => {
      if (words.length < fewest) return 1;
      const known = words.filter((word) => stopWords.has(word.toLocaleLowerCase(tag))).length;
      return Math.min(1, known / words.length / minimum);
    };
  },
});
