import type { Criterion, Rubric } from '../../core/domain/rubric.js';
import { MajlisError } from '../../core/errors.js';
import { formulaName } from './formula/formula-name.js';
import { evaluateFormula } from './formula/prepared-formulas.js';

/** Scores by criterion key, each in [0, 1] with 1 the good end; absent where nobody has scored it. */
export type CriterionScores = Readonly<Record<string, number | undefined>>;

/** What a rubric says of one answer. */
export interface CompositeScore {
  /**
   * In [−1, 1]; the rubric's floor when a veto fell. Absent where the scores do not decide it: nothing that weighs was
   * scored, or a formula lacks a score. Such an answer has no value; it is not worth 0.
   */
  readonly value?: number;
  /**
   * What each scored criterion added. By weights they sum to `value` before the clip; under a formula each is what the
   * value would change by if the criterion were neutral (0, of a pitfall 1), so that they need not sum to it.
   */
  readonly contributions: Readonly<Record<string, number>>;
  /** Key of the first criterion whose veto fell. */
  readonly vetoedBy?: string;
}

/**
 * The rubric's composite of one answer over the criteria that apply to its prompt. By default (Σ w·s over criteria that are
 * no pitfalls − Σ w·(1 − s) over pitfalls) divided by Σ w over criteria that are no pitfalls, clipped to [−1, 1]; a
 * criterion that nobody scored adds nothing, so that what rules alone can score is their part of the whole. A score at or
 * below a veto's threshold sets the floor instead of multiplying by zero: zero could beat an honest bad answer.
 * Positive-points normalisation as in HealthBench (Arora et al. 2025, arXiv 2505.08775); vetoes as gates.
 */
export function compositeScore(
  rubric: Rubric,
  scores: CriterionScores,
  criteria: readonly Criterion[] = rubric.criteria,
): CompositeScore {
  const { contributions, sum } =
    rubric.composite === undefined
      ? weightedMean(criteria, scores)
      : byFormula(rubric.composite.formula, criteria, scores);
  const veto = criteria.find(
    ({ key, veto }) => veto !== undefined && isAtOrBelow(scores[key], veto.threshold),
  );
  if (veto !== undefined) {
    contributions[veto.key] = (contributions[veto.key] ?? 0) + (rubric.floor - (sum ?? 0));
    return { value: rubric.floor, contributions, vetoedBy: veto.key };
  }
  return sum === undefined ? { contributions } : { value: Math.max(-1, Math.min(1, sum)), contributions };
}

/** The value of a composite; a composite without one is `failed_precondition`. */
export function decidedValue({ value }: CompositeScore, rubric: Rubric): number {
  if (value !== undefined) return value;
  throw new MajlisError(`the rules of rubric ${rubric.id} alone do not decide what an answer is worth`, {
    code: 'failed_precondition',
  });
}

/** Sum of the weights of the criteria that can earn something. */
export function positiveWeight(criteria: readonly Pick<Criterion, 'kind' | 'weight'>[]): number {
  return criteria.reduce(
    (sum, criterion) => (criterion.kind === 'pitfall' ? sum : sum + criterion.weight),
    0,
  );
}

interface Sum {
  readonly contributions: Record<string, number>;
  /** Before the clip; undefined where nothing decides it. */
  readonly sum: number | undefined;
}

function weightedMean(criteria: readonly Criterion[], scores: CriterionScores): Sum {
  const total = positiveWeight(criteria);
  const contributions: Record<string, number> = {};
  let sum = 0;
  let weight = 0;
  for (const criterion of criteria) {
    const score = scores[criterion.key];
    if (score === undefined) continue;
    const points = criterion.kind === 'pitfall' ? score - 1 : score;
    contributions[criterion.key] = (criterion.weight * points) / total;
    sum += contributions[criterion.key];
    weight += criterion.weight;
  }
  return { contributions, sum: weight > 0 && total > 0 ? sum : undefined };
}

function byFormula(formula: string, criteria: readonly Criterion[], scores: CriterionScores): Sum {
  const contributions: Record<string, number> = {};
  const known = new Map<string, number>();
  for (const { key } of criteria) {
    const score = scores[key];
    if (score !== undefined) known.set(formulaName(key), score);
  }
  const sum = evaluateFormula(formula, known);
  if (sum === undefined) return { contributions, sum };
  for (const { key, kind } of criteria) {
    if (scores[key] === undefined) continue;
    const neutral = new Map(known).set(formulaName(key), kind === 'pitfall' ? 1 : 0);
    const without = evaluateFormula(formula, neutral);
    if (without !== undefined) contributions[key] = sum - without;
  }
  return { contributions, sum };
}

function isAtOrBelow(score: number | undefined, threshold: number): boolean {
  return score !== undefined && score <= threshold;
}
