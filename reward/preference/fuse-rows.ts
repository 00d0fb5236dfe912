import { requireSameLength } from '../../core/math/argument-checks.js';
import { logistic } from '../../core/math/logistic.js';

/**
 * The stack over many pairs at one time: P(first is better) = σ(Σ_k w_k·2·ℓ_k), as its fuser has it for one pair.
 * @param weights w [judge]
 * @param logits ℓ, each judge's two orders balanced, 0 where it did not vote; row-major [pair × judge]
 * @returns [pair]
 */
export function fuseRows(weights: Float64Array, logits: Float64Array): Float64Array {
  const judges = weights.length;
  const fused = new Float64Array(judges === 0 ? 0 : logits.length / judges);
  requireSameLength({ logits, 'pairs × judges': { length: fused.length * judges } });
  for (let pair = 0; pair < fused.length; pair += 1) {
    let logit = 0;
    for (let judge = 0; judge < judges; judge += 1)
      logit += weights[judge] * 2 * logits[pair * judges + judge];
    fused[pair] = logistic(logit);
  }
  return fused;
}
