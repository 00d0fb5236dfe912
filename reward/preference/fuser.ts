import { logistic } from '../../core/math/logistic.js';
import { fitRidgeLogistic } from '../../core/math/ridge-logistic.js';
import type { PairVotes } from './panel-votes.js';

/** Turns a panel's votes on one pair into the probability that its first answer is better. */
export interface Fuser {
  readonly method: 'anchored_stack' | 'best_judge' | 'order_balanced_average';
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
