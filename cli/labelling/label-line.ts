import { z } from 'zod';
import { annotatorSchema } from './annotator-name.js';

/** Which answer of a pair a person saw first; both orders are asked, blind. */
export const shownOrder = z.enum(['first_shown_first', 'second_shown_first']);

/** The better answer, in the frame of the pairs file whatever order was shown; a tie is an answer too. */
export const labelChoice = z.enum(['first', 'second', 'tie']);

/** One line of a label file: what one person said of one pair in one order. */
export const labelLineSchema = z.strictObject({
  pair: z.string().min(1),
  rubric: z.string().min(1),
  annotator: annotatorSchema,
  choice: labelChoice,
  shown: shownOrder,
  at: z.iso.datetime(),
});

export type ShownOrder = z.infer<typeof shownOrder>;
export type LabelChoice = z.infer<typeof labelChoice>;
export type LabelLine = z.infer<typeof labelLineSchema>;

/** Equal for two labels of one person for one pair in one order, of which there may be only one. */
export function showingKey({
  annotator,
  pair,
  shown,
}: Pick<LabelLine, 'annotator' | 'pair' | 'shown'>): string {
  return JSON.stringify([annotator, pair, shown]);
}
