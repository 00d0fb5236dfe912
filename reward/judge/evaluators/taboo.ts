import { z } from 'zod';
import { defineEvaluator } from '../evaluator.js';
import { createLexicon } from '../lexicon.js';

/** 0 when the answer has a word of the locale's taboo list, with or without clitics; else 1. */
export const taboo = defineEvaluator({
  name: 'taboo',
  parameters: z.strictObject({}),
  prepare: (_parameters, { profile }) => {
    const lexicon = createLexicon({ foreign: profile.taboo }, profile);
    return ({ text }) => (lexicon(text).foreign > 0 ? 0 : 1);
  },
});
