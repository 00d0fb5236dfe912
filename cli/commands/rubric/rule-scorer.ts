import { ASKED_EVALUATORS, type Rubric } from '../../../core/domain/rubric.js';
import { createAnswerScorer, type AnswerScorer } from '../../../reward/judge/answer-scorer.js';
import { rubricProfile } from './rubric-profile.js';

/** The rules of a rubric that was loaded from a file, ready to score answers. */
export async function ruleScorer(rubric: Rubric, path: string): Promise<AnswerScorer> {
  return createAnswerScorer(rubric, await rubricProfile(rubric, path));
}

/** Keys of the criteria that no rule can score. */
export function askedCriteria({ criteria }: Rubric): string[] {
  return criteria.filter(({ evaluator }) => ASKED_EVALUATORS.has(evaluator)).map(({ key }) => key);
}
