import type { WeightedFigure } from '../../core/math/cluster-bootstrap.js';
import type { ScoredPair } from './score-pairs.js';

/** 1 where a lead is on the label's side, ½ where it is even, 0 else; undefined where the label has no side. */
export function rightness({ probabilityFirst }: ScoredPair, lead: number): number | undefined {
  const side = Math.sign(probabilityFirst - 0.5);
  return side === 0 ? undefined : (1 + side * Math.sign(lead)) / 2;
}

/** The weighted mean of what pairs have; those that have nothing do not count. */
export function shareOf<Row>(
  rows: readonly Row[],
  valueOf: (row: Row) => number | undefined,
): WeightedFigure {
  const values = rows.map(valueOf);
  return (weights) => {
    let sum = 0;
    let total = 0;
    for (const [at, value] of values.entries()) {
      if (value === undefined) continue;
      sum += weights[at] * value;
      total += weights[at];
    }
    return total > 0 ? sum / total : undefined;
  };
}

/**
 * The coefficient b of lead = a·(2y − 1) + b·(length gap / root mean square gap), by least squares without intercept: turning a
 * pair round turns all three signs. Undefined where the gaps, or gaps and labels together, do not tell it.
 */
export function lengthSlopeOf(pairs: readonly ScoredPair[]): WeightedFigure {
  const scale = typicalGap(pairs.map(({ lengthGap }) => lengthGap));
  const rows = pairs.map(({ lead, probabilityFirst, lengthGap }) => ({
    lead,
    side: 2 * probabilityFirst - 1,
    gap: scale === 0 ? 0 : lengthGap / scale,
  }));
  return (weights) => {
    let [sides, mixed, gaps, sideLead, gapLead] = [0, 0, 0, 0, 0];
    for (const [at, { lead, side, gap }] of rows.entries()) {
      sides += weights[at] * side * side;
      mixed += weights[at] * side * gap;
      gaps += weights[at] * gap * gap;
      sideLead += weights[at] * side * lead;
      gapLead += weights[at] * gap * lead;
    }
    if (sides === 0) return gaps === 0 ? undefined : gapLead / gaps;
    const determinant = sides * gaps - mixed * mixed;
    if (determinant <= 1e-9 * sides * gaps) return undefined;
    return (sides * gapLead - mixed * sideLead) / determinant;
  };
}

/** Root mean square. */
export function typicalGap(gaps: readonly number[]): number {
  return Math.sqrt(gaps.reduce((sum, gap) => sum + gap * gap, 0) / Math.max(1, gaps.length));
}
