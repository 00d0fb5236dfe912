import type { LocaleProfile } from '../../core/domain/locale.js';
import type { Prompt } from '../../core/domain/prompt.js';
import { ASKED_EVALUATORS, type Criterion, type Rubric } from '../../core/domain/rubric.js';
import { MajlisError } from '../../core/errors.js';
import { appliesTo } from '../rubric/applies-to.js';
import type { CompositeScore } from '../rubric/composite.js';
import { compositeScore } from '../rubric/composite.js';
import { readAnswer } from './answer-reading.js';
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
  const ruled = rubric.criteria.filter(({ evaluator }) => !ASKED_EVALUATORS.has(evaluator));
  const prepared = ruled.map((criterion) => {
    const evaluator = evaluators.get(criterion.evaluator);
    if (evaluator === undefined) {
      throw new MajlisError(
        `Rubric ${rubric.id} asks for evaluator ${criterion.evaluator}, which is not there.`,
        {
          code: 'failed_precondition',
        },
      );
    }
    const where = { source: `rubric ${rubric.id}`, place: `${criterion.key}.parameters` };
    const score = evaluator.prepare(criterion.parameters, { tag: rubric.locale, profile }, where);
    return { criterion, score };
  });
  return (prompt, answer) => {
    const reading = readAnswer(prompt, answer, profile);
    const applies = (criterion: Criterion): boolean => appliesTo(criterion, prompt);
    const scores = prepared
      .filter(({ criterion }) => applies(criterion))
      .map(({ criterion, score }): [string, number] => [criterion.key, score(reading)]);
    return compositeScore(rubric, Object.fromEntries(scores), rubric.criteria.filter(applies));
  };
}
