import { z } from 'zod';
import { streamJsonLines } from '../../core/config/stream-json-lines.js';
import type { Locale } from '../../core/domain/prompt.js';
import type { AnswerToReward } from './reward-model.js';

const line = z.strictObject({
  id: z.union([z.string(), z.number()]).optional(),
  prompt: z.string(),
  answer: z.string(),
  locale: z.string().min(2).optional(),
  category: z.string().min(1).optional(),
});

/** An answer and what its line calls it: its id, or the number of the line. */
export interface NamedAnswer extends AnswerToReward {
  readonly id: string | number;
}

/** Answers of a file of JSON lines `{prompt, answer, id?, locale?, category?}`, one by one, in order. */
export async function* readAnswers(path: string, locale: Locale): AsyncGenerator<NamedAnswer> {
  for await (const { row, line: number } of streamJsonLines(path, line)) {
    const { id = number, answer, category } = row;
    const prompt = { id: `${id}`, locale: row.locale ?? locale, text: row.prompt };
    yield { id, answer, prompt: category === undefined ? prompt : { ...prompt, category } };
  }
}
