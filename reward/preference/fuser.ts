import { solveCholesky } from '../../core/math/cholesky.js';
import { logistic } from '../../core/math/logistic.js';
import type { PairVotes } from './panel-votes.js';

/** Turns a panel's votes on one pair into the probability that its first answer is better. */
export interface Fuser {
  readonly method: 'anchored_stack' | 'order_balanced_average';
  /** w by judge id; a negative weight is a contrarian who is used, not trusted. Empty for the plain average. */
  readonly weights: ReadonlyMap<string, number>;
  fuse(votes: PairVotes): number;
}

/** A gold pair's votes and whether its first answer is the better one. */
export interface Anchor {
  readonly votes: PairVotes;
  readonly firstIsBetter: boolean;
}

/** The fuser where there is no gold: the mean of the judges' logits, all equal. */
export const averageFuser: Fuser = {
  method: 'order_balanced_average',
  weights: new Map(),
  fuse: (votes) => logistic([...votes.values()].reduce((sum, logit) => sum + logit, 0) / votes.size),
};

const MAX_ITERATIONS = 50;

/**
 * The anchored antisymmetric stack: logit P(first better) = Σ_k w_k·(ℓ_k^AB + ℓ_k^BA), fitted on gold pairs with the
 * penalty ½λ‖w‖². There is no intercept and both orders weigh the same, so a fixed position bias cancels and swapping
 * the answers swaps the verdict. A judge without a vote on a pair adds nothing there. Fitted by Newton's method on a
 * strictly convex objective: a function of the anchors alone.
 */
export function fitAnchoredStack(anchors: readonly Anchor[], penalty = 1): Fuser {
  const judgeIds = [...new Set(anchors.flatMap(({ votes }) => [...votes.keys()]))].sort();
  const rows = anchors.map(({ votes }) => judgeIds.map((id) => 2 * (votes.get(id) ?? 0)));
  const labels = anchors.map(({ firstIsBetter }) => (firstIsBetter ? 1 : 0));
  const fitted = fitRidgeLogistic(rows, labels, penalty);
  const weights = new Map(judgeIds.map((id, at) => [id, fitted[at]]));
  return {
    method: 'anchored_stack',
    weights,
    fuse: (votes) => {
      let logit = 0;
      for (const [id, weight] of weights) logit += weight * 2 * (votes.get(id) ?? 0);
      return logistic(logit);
    },
  };
}

/**
 * Ridge logistic regression without intercept, by Newton's method.
 * @param rows features [sample × feature]
 * @param labels probabilities [sample]
 * @param penalty λ of ½λ‖w‖², above 0
 * @returns w [feature]
 */
export function fitRidgeLogistic(
  rows: readonly (readonly number[])[],
  labels: readonly number[],
  penalty: number,
): Float64Array {
  const size = rows.at(0)?.length ?? 0;
  const weights = new Float64Array(size);
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration += 1) {
    const gradient = weights.map((weight) => penalty * weight);
    const hessian = new Float64Array(size * size);
    for (let a = 0; a < size; a += 1) hessian[a * size + a] = penalty;
    for (const [at, row] of rows.entries()) {
      const probability = logistic(row.reduce((sum, value, index) => sum + value * weights[index], 0));
      const curvature = probability * (1 - probability);
      for (let a = 0; a < size; a += 1) {
        gradient[a] += (probability - labels[at]) * row[a];
        for (let b = 0; b <= a; b += 1) hessian[a * size + b] += curvature * row[a] * row[b];
      }
    }
    if (gradient.every((slope) => Math.abs(slope) <= 1e-10 * (1 + rows.length))) break;
    const step = solveCholesky(hessian, gradient);
    // A step longer than 1 leaves the region where the quadratic model holds.
    const scale = Math.min(1, 1 / Math.max(...step.map(Math.abs)));
    for (let a = 0; a < size; a += 1) weights[a] -= scale * step[a];
  }
  return weights;
}
