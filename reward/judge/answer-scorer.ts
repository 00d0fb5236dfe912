import type { LocaleProfile } from '../../core/domain/locale.js';
import type { Prompt } from '../../core/domain/prompt.js';
import type { Rubric } from '../../core/domain/rubric.js';
import { MajlisError } from '../../core/errors.js';
import type { CompositeScore } from '../rubric/composite.js';
import { compositeScore } from '../rubric/composite.js';
import { readAnswer } from './answer-reading.js';
import { evaluators as allEvaluators } from './evaluators/registry.js';

/** Scores one answer under a rubric by its deterministic evaluators. */
export type AnswerScorer = (prompt: Prompt, answer: string) => CompositeScore;

/** Prepares a rubric's evaluators once; the result is cheap to call. The rubric has been checked by its loader. */
export function createAnswerScorer(
  rubric: Rubric,
  profile: LocaleProfile,
  evaluators = allEvaluators,
): AnswerScorer {
  const prepared = rubric.criteria.map((criterion) => {
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
    return { key: criterion.key, score };
  });
  return (prompt, answer) => {
    const reading = readAnswer(prompt, answer, profile);
    return compositeScore(
      rubric,
      Object.fromEntries(prepared.map(({ key, score }) => [key, score(reading)])),
    );
  };
}
