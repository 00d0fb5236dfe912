import type { LocaleProfile } from '../../core/domain/locale.js';
import type { Locale } from '../../core/domain/prompt.js';
import type { Criterion, Rubric } from '../../core/domain/rubric.js';
import { MajlisError } from '../../core/errors.js';
import { appliesTo } from '../rubric/applies-to.js';
import type { AnswerReading } from './answer-reading.js';
import { evaluators as allEvaluators } from './evaluators/registry.js';

/** The score of an answer by one criterion's rule, in [0, 1]; undefined where it does not apply to the prompt. */
export type CriterionScorer = (reading: AnswerReading) => number | undefined;

/**
 * Prepares a deterministic criterion's evaluator. One that is not there, as `judge` and `human` never are, is
 * `failed_precondition`.
 */
export function createCriterionScorer(
  criterion: Criterion,
  rubric: Pick<Rubric, 'id' | 'locale'>,
  profile: LocaleProfile,
  evaluators = allEvaluators,
): CriterionScorer {
  const evaluator = evaluators.get(criterion.evaluator);
  if (evaluator === undefined) {
    const message = `Rubric ${rubric.id} asks for evaluator ${criterion.evaluator}, which is not there.`;
    throw new MajlisError(message, { code: 'failed_precondition' });
  }
  const where = { source: `rubric ${rubric.id}`, place: `${criterion.key}.parameters` };
  const score = evaluator.prepare(criterion.parameters, { tag: rubric.locale, profile }, where);
  const scoreAnew: CriterionScorer = (reading) =>
    appliesTo(criterion, reading.prompt) ? score(reading) : undefined;
  return evaluators === allEvaluators ? scoredOnce(criterion, rubric.locale, scoreAnew) : scoreAnew;
}

interface Told {
  readonly tag: Locale;
  readonly score: number | undefined;
}

/** What each criterion said of a reading: gate and model of a reward ask the same criteria. */
const told = new WeakMap<AnswerReading, Map<Criterion, Told>>();

function scoredOnce(criterion: Criterion, tag: Locale, scoreAnew: CriterionScorer): CriterionScorer {
  return (reading) => {
    const scores = told.get(reading) ?? new Map<Criterion, Told>();
    const known = scores.get(criterion);
    if (known?.tag === tag) return known.score;
    const score = scoreAnew(reading);
    scores.set(criterion, { tag, score });
    told.set(reading, scores);
    return score;
  };
}
