import { z } from 'zod';
import { defineEvaluator } from '../evaluator.js';
import type { AnswerReading } from '../answer-reading.js';

const NOT_WORD = /[^\p{L}\p{M}\p{N}]+/gu;

/**
 * Names piled up for the score's sake, which 1 says there are not. Two signs, the worse one counts: more mentions
 * than `allowance` plus `perWord` of the words, each of which costs a third; and a run of names with nothing
 * but a conjunction between them that is longer than `run`, each further name of which costs a half.
 */
export const stuffing = defineEvaluator({
  name: 'stuffing',
  parameters: z.strictObject({
    allowance: z.number().min(0).default(1),
    perWord: z.number().min(0).max(1).default(0.12),
    run: z.int().min(1).default(2),
  }),
  prepare: ({ allowance, perWord, run }) => {
    return (reading) => {
      const surplus = Math.max(0, reading.mentions.length - (allowance + perWord * reading.words.length));
      const overrun = Math.max(0, longestRun(reading) - run);
      return Math.max(0, Math.min(1 - Math.floor(surplus) / 3, 1 - overrun / 2));
    };
  },
});

/** Most names in a row that have no more than one letter between them, as a conjunction has in Arabic, Korean and Japanese. */
function longestRun({ mentions, text }: AnswerReading): number {
  let longest = mentions.length === 0 ? 0 : 1;
  let run = longest;
  for (let at = 1; at < mentions.length; at += 1) {
    const between = text.slice(mentions[at - 1].end, mentions[at].start).replace(NOT_WORD, '');
    run = between.length <= 1 ? run + 1 : 1;
    longest = Math.max(longest, run);
  }
  return longest;
}
