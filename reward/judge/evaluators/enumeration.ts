import { z } from 'zod';
import { wordSpans } from '../../../core/domain/words.js';
import { defineEvaluator } from '../evaluator.js';

const COMMA = /[,،、，;؛·・]/u;
/** ICU's word list cuts a name such as 清水寺 in two. */
const MOST_WORDS_OF_UNSPACED_ITEM = 2;

/**
 * Sentences and not a list, whatever is listed: names that no gazetteer knows pile up like known ones. A chain is a run
 * of single words joined by commas or by a conjunction written onto the next word; each link beyond `chain` words costs
 * a half. Where no spaces stand between words, a conjunction is a word of its own (Japanese と).
 */
export const enumeration = defineEvaluator({
  name: 'enumeration',
  parameters: z.strictObject({
    chain: z.int().min(2).default(4),
    conjunctions: z.array(z.string().min(1)).default([]),
  }),
  prepare: ({ chain, conjunctions }, { profile }) => {
    const spaced = profile.segmentation === undefined;
    const itemWords = spaced ? 1 : MOST_WORDS_OF_UNSPACED_ITEM;
    const joins = (gap: string, word: string): boolean =>
      COMMA.test(gap) ||
      (spaced
        ? !/\S/u.test(gap) && conjunctions.some((conjunction) => word.startsWith(conjunction))
        : conjunctions.includes(gap.trim()));
    return ({ text }) => {
      let longest = 0;
      let run = 0;
      let end = 0;
      let wordsOfItem = itemWords;
      for (const { text: word, start } of wordSpans(text, profile)) {
        // Left out, such a conjunction is the gap before the next word.
        if (!spaced && conjunctions.includes(word)) continue;
        const joined = joins(text.slice(end, start), word);
        end = start + word.length;
        if (!joined && wordsOfItem < itemWords) {
          wordsOfItem += 1;
          continue;
        }
        run = joined ? run + 1 : 1;
        wordsOfItem = 1;
        longest = Math.max(longest, run);
      }
      return Math.max(0, 1 - Math.max(0, longest - chain) / 2);
    };
  },
});
