import { z } from 'zod';
import { readRows } from '../../../core/config/read-rows.js';
import { BadInputError } from '../../../core/errors.js';
import type { ChatTokenizer } from '../../../core/tokens/chat-tokenizer.js';
import type { Trainer, TrainerCall } from '../../../core/trainer/trainer.js';
import {
  packDemonstrations,
  type Demonstration,
} from '../../../coordinator/supervised/supervised-fine-tuning.js';
import { sequenceSums } from '../../../coordinator/supervised/sequence-sums.js';

/** A question with one right answer among a few, as ACVA has them: `{id, question, answer}`. */
export type ChoiceQuestion = z.infer<typeof questionSchema>;

const text = z.string().trim().min(1);
const questionSchema = z.strictObject({ id: text, question: text, answer: text });

/** Answers of all questions, from which the model chooses each time. */
const MOST_OPTIONS = 8;
const QUESTIONS_PER_CALL = 16;

/** Reads the questions and the options that their answers are among. */
export async function readChoices(
  path: string,
): Promise<{ readonly questions: readonly ChoiceQuestion[]; readonly options: readonly string[] }> {
  const questions = await readRows(path, questionSchema, { uniqueBy: ({ id }) => id });
  const options = [...new Set(questions.map(({ answer }) => answer))].sort();
  if (options.length >= 2 && options.length <= MOST_OPTIONS) return { questions, options };
  const allowed = `2 to ${MOST_OPTIONS}, such as yes and no`;
  throw new BadInputError({ source: path, found: `${options.length} different answers`, allowed });
}

export interface ChoiceModel {
  readonly trainer: Trainer;
  readonly call: TrainerCall;
  /** A Hugging Face directory. */
  readonly location: string;
  readonly tokenizer: ChatTokenizer;
  /** Said after each question; empty says nothing. */
  readonly instruction: string;
  readonly signal: AbortSignal;
  readonly onDone: (done: number) => void;
}

/** 1 where the right answer is the likeliest of the options, 0 where it is not; nothing is drawn. [question] */
export async function choicePoints(
  questions: readonly ChoiceQuestion[],
  options: readonly string[],
  model: ChoiceModel,
): Promise<Float64Array> {
  const { trainer, call, location } = model;
  const modelId = await trainer.createModel(call, { role: 'reference', base: location, heads: 0, seed: 0 });
  const points: number[] = [];
  try {
    for (let start = 0; start < questions.length; start += QUESTIONS_PER_CALL) {
      model.signal.throwIfAborted();
      const asked = questions.slice(start, start + QUESTIONS_PER_CALL);
      const batch = packDemonstrations(asked.flatMap((one) => optionsOf(one, options, model)));
      const request = { modelId, batch, want: ['log_probs'] as const };
      const { logProbs } = await trainer.forward({ ...call, expectedVersion: 0 }, request);
      points.push(...pointsOf(asked, options, sequenceSums(batch, logProbs)));
      model.onDone(points.length);
    }
  } finally {
    await trainer.deleteModel({ ...call, expectedVersion: 0 }, modelId);
  }
  return Float64Array.from(points);
}

function optionsOf(
  { question }: ChoiceQuestion,
  options: readonly string[],
  { tokenizer, instruction }: ChoiceModel,
): Demonstration[] {
  const content = instruction === '' ? question : `${question}\n${instruction}`;
  const promptTokenIds = tokenizer.renderPrompt([{ role: 'user', content }]);
  return options.map((option) => ({ promptTokenIds, answerTokenIds: tokenizer.renderAnswer(option) }));
}

function pointsOf(
  asked: readonly ChoiceQuestion[],
  options: readonly string[],
  sums: readonly number[],
): number[] {
  return asked.map(({ answer }, at) => {
    const own = sums.slice(at * options.length, (at + 1) * options.length);
    return options[own.indexOf(Math.max(...own))] === answer ? 1 : 0;
  });
}
