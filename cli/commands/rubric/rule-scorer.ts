import { profileFor } from '../../../core/domain/locale.js';
import { ASKED_EVALUATORS, type Rubric } from '../../../core/domain/rubric.js';
import { MajlisError } from '../../../core/errors.js';
import { createAnswerScorer, type AnswerScorer } from '../../../reward/judge/answer-scorer.js';
import { localesFor } from '../../../core/config/known-locales.js';

/** The rules of a rubric that was loaded from a file, ready to score answers. */
export async function ruleScorer(rubric: Rubric, path: string): Promise<AnswerScorer> {
  const profile = profileFor(rubric.locale, await localesFor(path));
  if (profile !== undefined) return createAnswerScorer(rubric, profile);
  throw new MajlisError(`rubric ${rubric.id} has no profile for its locale ${rubric.locale}`, {
    code: 'failed_precondition',
  });
}

/** Keys of the criteria that no rule can score. */
export function askedCriteria({ criteria }: Rubric): string[] {
  return criteria.filter(({ evaluator }) => ASKED_EVALUATORS.has(evaluator)).map(({ key }) => key);
}
