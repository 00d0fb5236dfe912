import type { CovarianceInput } from './parameter-covariance.js';
import { objectiveOf, pointOf } from './parameter-covariance.js';
import { solveCurvature } from './newton-cg.js';
import { SparseScore } from './sparse-score.js';

/** Two items of whose strengths the difference is looked at. */
export interface Contrast {
  readonly better: number;
  readonly worse: number;
}

/**
 * How much θ_better − θ_worse would change were a row left out, for each row: cᵀH⁻¹g to first order, the influence function
 * of a maximum-likelihood estimate (Cook & Weisberg 1982; Broderick et al. 2020, arXiv 2011.14999). One linear solve in
 * all. Give every vote a row of its own. [row]
 */
export function voteInfluence(
  input: Omit<CovarianceInput, 'errors'>,
  { better, worse }: Contrast,
): Float64Array {
  const objective = objectiveOf(input);
  objective.evaluate(pointOf(input.fit, objective), new Float64Array(objective.size));
  const contrast = new Float64Array(objective.size);
  contrast[better] = 1;
  contrast[worse] = -1;
  const direction = solveCurvature(objective, contrast);
  const score = new SparseScore(objective.size);
  return Float64Array.from(input.comparisons.first, (_item, row) => {
    objective.addRowGradient(row, score);
    return score.takeProduct(direction);
  });
}

/**
 * The fewest rows that, left out, should put `worse` in front of `better` by the influences alone: the largest ones against
 * the lead first. Undefined where all of them would not do. To first order, so a candidate to refit without, not a fact.
 */
export function rowsThatDecide(influence: Float64Array, lead: number): readonly number[] | undefined {
  const order = [...influence.keys()]
    .filter((row) => influence[row] < 0)
    .sort((a, b) => influence[a] - influence[b] || a - b);
  const rows: number[] = [];
  let rest = lead;
  for (const row of order) {
    if (rest < 0) return rows;
    rows.push(row);
    rest += influence[row];
  }
  return rest < 0 ? rows : undefined;
}
