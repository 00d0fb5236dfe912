/**
 * What the light reward model sees of an answer: hashed character n-grams, the scores of the rubric's deterministic criteria,
 * and the criteria again in the block of the prompt's locale, so that a locale may weigh them in its own way. Invariant:
 * which features an answer can have is decided by the prompt alone; were the answer looked at, a policy could earn by making
 * criteria not apply.
 */
import type { LocaleProfile } from '../../../core/domain/locale.js';
import type { Locale, Prompt } from '../../../core/domain/prompt.js';
import { ASKED_EVALUATORS, type Rubric } from '../../../core/domain/rubric.js';
import { createNgramReader, type NgramShape, type SparseVector } from '../../../core/math/hashed-ngrams.js';
import { readAnswer } from '../../judge/answer-reading.js';
import { createCriterionScorer, type CriterionScorer } from '../../judge/criterion-scorer.js';

export interface FeatureSpace {
  readonly ngrams: NgramShape;
  /** Keys of the criteria that rules score, in the rubric's order. */
  readonly criteria: readonly string[];
  /** Locales with a block of their own, sorted. */
  readonly locales: readonly Locale[];
}

/** The features of one answer; they hold until the next answer is read. */
export interface AnswerFeatures {
  readonly ngrams: SparseVector;
  /** Scores by criterion in [0, 1], 0 where one does not apply. [criterion] */
  readonly criteria: Float64Array;
  /** The block of the prompt's locale; −1 where it has none. */
  readonly localeBlock: number;
}

export type FeatureReader = (prompt: Prompt, answer: string) => AnswerFeatures;

/** The criteria of a rubric that a feature can be made of: those that rules score. */
export function ruledCriteria({ criteria }: Rubric): string[] {
  return criteria.filter(({ evaluator }) => !ASKED_EVALUATORS.has(evaluator)).map(({ key }) => key);
}

/** How many dense features a space has: the criteria once for all locales, and once for each. */
export function denseWidth({ criteria, locales }: FeatureSpace): number {
  return criteria.length * (1 + locales.length);
}

/** Prepares the reading of answers; the result is cheap to call. A criterion that is not the rubric's is `failed_precondition`. */
export function createFeatureReader(
  space: FeatureSpace,
  { rubric, profile }: { readonly rubric: Rubric; readonly profile: LocaleProfile },
): FeatureReader {
  const readNgrams = createNgramReader(space.ngrams);
  const wanted = new Set(space.criteria);
  const scorers: CriterionScorer[] = rubric.criteria
    .filter(({ key }) => wanted.has(key))
    .map((criterion) => createCriterionScorer(criterion, rubric, profile));
  const criteria = new Float64Array(scorers.length);
  const blockOf = new Map(space.locales.map((locale, block) => [locale, block]));
  return (prompt, answer) => {
    if (scorers.length > 0) {
      const reading = readAnswer(prompt, answer, profile);
      for (const [at, score] of scorers.entries()) criteria[at] = score(reading) ?? 0;
    }
    return { ngrams: readNgrams(answer), criteria, localeBlock: blockOf.get(prompt.locale) ?? -1 };
  };
}
