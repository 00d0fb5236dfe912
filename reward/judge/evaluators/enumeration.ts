import { z } from 'zod';
import { defineEvaluator } from '../evaluator.js';

const WORD = /[\p{L}\p{M}\p{N}]+/gu;
const COMMA = /[,،、;؛·]/u;

/**
 * Sentences and not a list, whatever is listed: names that no gazetteer knows pile up like known ones. A chain is a run
 * of single words joined by commas or by a conjunction written onto the next word; each link beyond `chain` words costs
 * a half.
 */
export const enumeration = defineEvaluator({
  name: 'enumeration',
  parameters: z.strictObject({
    chain: z.int().min(2).default(4),
    conjunctions: z.array(z.string().min(1)).default([]),
  }),
  prepare: ({ chain, conjunctions }) => {
    const joins = (gap: string, word: string): boolean =>
      COMMA.test(gap) ||
      (!/\S/u.test(gap) && conjunctions.some((conjunction) => word.startsWith(conjunction)));
    return ({ text }) => {
      let longest = 0;
      let run = 0;
      let end = 0;
      for (const { 0: word, index } of text.matchAll(WORD)) {
        run = joins(text.slice(end, index), word) ? run + 1 : 1;
        longest = Math.max(longest, run);
        end = index + word.length;
      }
      return Math.max(0, 1 - Math.max(0, longest - chain) / 2);
    };
  },
});
