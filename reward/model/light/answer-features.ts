/**
 * What the light reward model sees of an answer: hashed character n-grams, what the rubric's rules say (their composite, and
 * each criterion), and that again in the block of the prompt's locale, so that a locale may weigh it in its own way. Invariant:
 * which features an answer can have is decided by the prompt alone; were the answer looked at, a policy could earn by making
 * criteria not apply.
 */
import type { LocaleProfile } from '../../../core/domain/locale.js';
import type { Locale, Prompt } from '../../../core/domain/prompt.js';
import { ASKED_EVALUATORS, type Rubric } from '../../../core/domain/rubric.js';
import { createNgramReader, type NgramShape, type SparseVector } from '../../../core/math/hashed-ngrams.js';
import { readAnswer } from '../../judge/answer-reading.js';
import { createCriterionScorer } from '../../judge/criterion-scorer.js';
import { appliesTo } from '../../rubric/applies-to.js';
import { compositeScore } from '../../rubric/composite.js';

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
  /**
   * What the rules say: the composite in [−1, 1] with its vetoes, then the criteria in [0, 1]; 0 where they say nothing. Empty
   * where no criterion is a rule's. [rule]
   */
  readonly rules: Float64Array;
  /** The block of the prompt's locale; −1 where it has none. */
  readonly localeBlock: number;
}

export type FeatureReader = (prompt: Prompt, answer: string) => AnswerFeatures;

/** The criteria of a rubric that a feature can be made of: those that rules score. */
export function ruledCriteria({ criteria }: Rubric): string[] {
  return criteria.filter(({ evaluator }) => !ASKED_EVALUATORS.has(evaluator)).map(({ key }) => key);
}

/** How many rules there are: the criteria and their composite. */
function ruleCount({ criteria }: FeatureSpace): number {
  return criteria.length === 0 ? 0 : 1 + criteria.length;
}

/** How many dense features a space has: the rules once for all locales, and once for each. */
export function denseWidth(space: FeatureSpace): number {
  return ruleCount(space) * (1 + space.locales.length);
}

/** Prepares the reading of answers; the result is cheap to call. */
export function createFeatureReader(
  space: FeatureSpace,
  { rubric, profile }: { readonly rubric: Rubric; readonly profile: LocaleProfile },
): FeatureReader {
  const readNgrams = createNgramReader(space.ngrams);
  const wanted = new Set(space.criteria);
  const scorers = rubric.criteria
    .filter(({ key }) => wanted.has(key))
    .map((criterion) => ({ key: criterion.key, score: createCriterionScorer(criterion, rubric, profile) }));
  const rules = new Float64Array(ruleCount(space));
  const blockOf = new Map(space.locales.map((locale, block) => [locale, block]));
  return (prompt, answer) => {
    if (scorers.length > 0) {
      const reading = readAnswer(prompt, answer, profile);
      const scores: Record<string, number | undefined> = {};
      for (const [at, { key, score }] of scorers.entries()) {
        scores[key] = score(reading);
        rules[1 + at] = scores[key] ?? 0;
      }
      const applicable = rubric.criteria.filter((criterion) => appliesTo(criterion, prompt));
      rules[0] = compositeScore(rubric, scores, applicable).value ?? 0;
    }
    return { ngrams: readNgrams(answer), rules, localeBlock: blockOf.get(prompt.locale) ?? -1 };
  };
}
