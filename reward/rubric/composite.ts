import type { Criterion, Rubric } from '../../core/domain/rubric.js';

/** Scores by criterion key, each in [0, 1] with 1 the good end. */
export type CriterionScores = Readonly<Record<string, number>>;

/** What a rubric says of one answer. */
export interface CompositeScore {
  /** In [−1, 1]; the rubric's floor when a veto fell. */
  readonly value: number;
  /** What each criterion added; sums to `value` before the clip. */
  readonly contributions: Readonly<Record<string, number>>;
  /** Key of the first criterion whose veto fell. */
  readonly vetoedBy?: string;
}

/**
 * The rubric's composite of one answer: (Σ w·s over criteria that are no pitfalls − Σ w·(1 − s) over pitfalls)
 * divided by Σ w over criteria that are no pitfalls, clipped to [−1, 1]. A score at or below a veto's threshold sets
 * the floor instead of multiplying by zero: zero could beat an honest bad answer. Positive-points normalisation as in
 * HealthBench (Arora et al. 2025, arXiv 2505.08775); vetoes as gates.
 */
export function compositeScore(rubric: Rubric, scores: CriterionScores): CompositeScore {
  const total = positiveWeight(rubric.criteria);
  const contributions: Record<string, number> = {};
  let sum = 0;
  for (const criterion of rubric.criteria) {
    const score = scores[criterion.key];
    const points = criterion.kind === 'pitfall' ? score - 1 : score;
    contributions[criterion.key] = (criterion.weight * points) / total;
    sum += contributions[criterion.key];
  }
  const veto = rubric.criteria.find(({ key, veto }) => veto !== undefined && scores[key] <= veto.threshold);
  if (veto === undefined) return { value: Math.max(-1, Math.min(1, sum)), contributions };
  contributions[veto.key] += rubric.floor - sum;
  return { value: rubric.floor, contributions, vetoedBy: veto.key };
}

/** Sum of the weights of the criteria that can earn something. */
export function positiveWeight(criteria: readonly Pick<Criterion, 'kind' | 'weight'>[]): number {
  return criteria.reduce(
    (sum, criterion) => (criterion.kind === 'pitfall' ? sum : sum + criterion.weight),
    0,
  );
}
