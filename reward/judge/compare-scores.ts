import type { PairScore } from '../../core/domain/verdict.js';
import { logistic } from '../../core/math/logistic.js';
import type { CompositeScore } from '../rubric/composite.js';

/** Logits per point of difference: a full point is a preference of 0.98. */
export const LOGITS_PER_POINT = 4;

/** Two answers' scores as a preference: P(first) = σ(4·(first − second)). */
export function compareScores(first: number, second: number): PairScore {
  return { probabilityFirst: logistic(LOGITS_PER_POINT * (first - second)) };
}

/** How far two scores are apart by a preference between them: the inverse of `compareScores`, within [−1, 1]. */
export function scoreDifference(probabilityFirst: number): number {
  const logit = Math.log(probabilityFirst) - Math.log1p(-probabilityFirst);
  return Math.max(-1, Math.min(1, logit / LOGITS_PER_POINT));
}

/** The same of two composites, with what each criterion added to the difference; undefined where one has no value. */
export function compareComposites(first: CompositeScore, second: CompositeScore): PairScore | undefined {
  if (first.value === undefined || second.value === undefined) return undefined;
  return {
    ...compareScores(first.value, second.value),
    contributions: contributionDifferences(first, second),
  };
}

/** What each criterion adds to the difference of two composites, by criterion key. */
export function contributionDifferences(
  first: CompositeScore,
  second: CompositeScore,
): Record<string, number> {
  return Object.fromEntries(
    Object.entries(first.contributions).map(([key, part]) => [key, part - (second.contributions[key] ?? 0)]),
  );
}
