import { z } from 'zod';
import { streamRows } from '../../core/config/read-rows.js';
import type { Locale } from '../../core/domain/prompt.js';
import { answerOf, questionOf, textOrMessages } from './conversation.js';
import type { AnswerToReward } from './reward-model.js';

const line = z.strictObject({
  id: z.union([z.string(), z.number()]).optional(),
  prompt: textOrMessages,
  answer: textOrMessages,
  locale: z.string().min(2).optional(),
  category: z.string().min(1).optional(),
});

/** An answer and what its line calls it: its id, or the number of its line or row. */
export interface NamedAnswer extends AnswerToReward {
  readonly id: string | number;
}

/**
 * Answers of a file of JSON lines or Parquet, `{prompt, answer, id?, locale?, category?}`, one by one, in order. Question and answer
 * may be conversations of one message, as TRL writes them.
 */
export async function* readAnswers(path: string, locale: Locale): AsyncGenerator<NamedAnswer> {
  for await (const { row, number, place } of streamRows(path, line)) {
    const { id = number, category } = row;
    const text = questionOf(row.prompt, { source: path, place: `${place}, prompt` });
    const answer = answerOf(row.answer, { source: path, place: `${place}, answer` });
    const prompt = { id: `${id}`, locale: row.locale ?? locale, text };
    yield { id, answer, prompt: category === undefined ? prompt : { ...prompt, category } };
  }
}
