import { z } from 'zod';
import { defineEvaluator } from '../evaluator.js';
import { createLexicon } from '../lexicon.js';

const words = z.array(z.string().min(1).normalize('NFC'));

/**
 * Courtesy and honorific agreement: 1 when the answer has at least one of the listed words (with the locale's
 * clitics) or one word with a listed ending, else 0. One sign is enough; politeness piled up buys nothing. Where no
 * spaces stand between words, an ending is looked for anywhere: a word list would cut it in pieces (くだ, さい).
 */
export const courtesy = defineEvaluator({
  name: 'courtesy',
  parameters: z
    .strictObject({ words: words.default([]), endings: words.default([]) })
    .refine((lists) => lists.words.length + lists.endings.length > 0, 'at least one word or ending'),
  prepare: (lists, { profile }) => {
    const lexicon = createLexicon({ local: lists.words }, profile);
    const spaced = profile.segmentation === undefined;
    return (reading) => {
      const ends = lists.endings.some((ending) =>
        spaced ? reading.words.some((word) => word.endsWith(ending)) : reading.text.includes(ending),
      );
      return ends || lexicon(reading.text).local > 0 ? 1 : 0;
    };
  },
});
