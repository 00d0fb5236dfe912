import type { LocaleProfile } from '../../core/domain/locale.js';
import type { Prompt } from '../../core/domain/prompt.js';
import { ASKED_EVALUATORS, type Rubric } from '../../core/domain/rubric.js';
import { appliesTo } from '../rubric/applies-to.js';
import type { CompositeScore } from '../rubric/composite.js';
import { compositeScore } from '../rubric/composite.js';
import { readAnswer } from './answer-reading.js';
import { createCriterionScorer } from './criterion-scorer.js';
import { evaluators as allEvaluators } from './evaluators/registry.js';

/** Scores one answer under a rubric by its deterministic evaluators. */
export type AnswerScorer = (prompt: Prompt, answer: string) => CompositeScore;

/**
 * Prepares a rubric's evaluators once; the result is cheap to call. The rubric has been checked by its loader. Criteria that
 * a judge or a person has to be asked about stay without a score; those that do not apply to the prompt are left out.
 */
export function createAnswerScorer(
  rubric: Rubric,
  profile: LocaleProfile,
  evaluators = allEvaluators,
): AnswerScorer {
  const prepared = rubric.criteria
    .filter(({ evaluator }) => !ASKED_EVALUATORS.has(evaluator))
    .map((criterion) => ({
      key: criterion.key,
      score: createCriterionScorer(criterion, rubric, profile, evaluators),
    }));
  return (prompt, answer) => {
    const reading = readAnswer(prompt, answer, profile);
    const scores = prepared.map(({ key, score }): [string, number | undefined] => [key, score(reading)]);
    const applicable = rubric.criteria.filter((criterion) => appliesTo(criterion, prompt));
    return compositeScore(rubric, Object.fromEntries(scores), applicable);
  };
}
