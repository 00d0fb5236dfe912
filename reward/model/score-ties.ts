import type { Locale } from '../../core/domain/prompt.js';
import type { TiedAnswers } from './read-tied-questions.js';
import type { RewardModel } from './reward-model.js';
import type { AnswerRewards, TiedQuestion } from './ties-score.js';

export interface ScoredTies {
  readonly questions: readonly TiedQuestion[];
  /** Halves that were left out since an answer has no score, by the outcome. */
  readonly excluded: Readonly<Record<string, number>>;
}

export interface ScoreTiesOptions {
  readonly locale: Locale;
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, all: number) => void;
}

/** Scores every answer and puts the two halves of each question together. */
export async function scoreTies(
  model: RewardModel,
  halves: readonly TiedAnswers[],
  { locale, signal, onProgress }: ScoreTiesOptions,
): Promise<ScoredTies> {
  const questions = new Map<string, TiedQuestion>();
  const excluded: Record<string, number> = {};
  for (const [at, { question, half, prompt, correct, incorrect }] of halves.entries()) {
    const asked = { id: question, locale, text: prompt };
    const answers = [...correct, ...incorrect].map((answer) => ({ prompt: asked, answer }));
    const outcomes = await model.score(answers, signal);
    const unscored = outcomes.find(({ kind }) => kind !== 'scored');
    if (unscored !== undefined) excluded[unscored.kind] = (excluded[unscored.kind] ?? 0) + 1;
    else {
      const means = outcomes.flatMap((outcome) => (outcome.kind === 'scored' ? [outcome.score.mean] : []));
      const rewards: AnswerRewards = {
        correct: means.slice(0, correct.length),
        incorrect: means.slice(correct.length),
      };
      questions.set(question, { ...questions.get(question), [half]: rewards });
    }
    onProgress?.(at + 1, halves.length);
  }
  return { questions: [...questions.values()], excluded };
}
