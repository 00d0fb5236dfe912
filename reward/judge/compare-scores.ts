import type { PairScore } from '../../core/domain/verdict.js';
import { logistic } from '../../core/math/logistic.js';
import type { CompositeScore } from '../rubric/composite.js';

/** Logits per point of difference: a full point is a preference of 0.98. */
const GAIN = 4;

/** Two answers' scores as a preference: P(first) = σ(4·(first − second)). */
export function compareScores(first: number, second: number): PairScore {
  return { probabilityFirst: logistic(GAIN * (first - second)) };
}

/** The same of two composites, with what each criterion added to the difference; undefined where one has no value. */
export function compareComposites(first: CompositeScore, second: CompositeScore): PairScore | undefined {
  if (first.value === undefined || second.value === undefined) return undefined;
  const contributions = Object.fromEntries(
    Object.entries(first.contributions).map(([key, part]) => [key, part - (second.contributions[key] ?? 0)]),
  );
  return { ...compareScores(first.value, second.value), contributions };
}
