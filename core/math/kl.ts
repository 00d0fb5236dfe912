import { requireSameLength } from './argument-checks.js';

/** Schulman's estimators of KL(policy ‖ reference) from one sampled token (http://joschu.net/blog/kl-approx.html). */
export type KlKind = 'k1' | 'k2' | 'k3';

/** Differences of log-probabilities are clamped to ±20, so that one odd token cannot overflow an exponential. */
export const MAX_LOG_RATIO = 20;

/** k3 grows exponentially where the policy left the reference's support; it is cut off here, as verl does. */
const MAX_K3 = 10;

/**
 * One token's KL estimate in nats, for a token drawn from the policy. With Δ = log π − log π_ref clamped to ±20:
 * k1 = Δ (unbiased, either sign), k2 = Δ²/2 (biased, small variance), k3 = exp(−Δ) − 1 + Δ (unbiased until it is
 * cut off at 10, never negative). NaN in gives NaN out.
 */
export function klEstimate(kind: KlKind, logProb: number, referenceLogProb: number): number {
  const delta = clampLogRatio(logProb - referenceLogProb);
  switch (kind) {
    case 'k1':
      return delta;
    case 'k2':
      return (delta * delta) / 2;
    case 'k3':
      // Rounding can leave a tiny negative number where Δ is near 0.
      return Math.min(Math.max(Math.expm1(-delta) + delta, 0), MAX_K3);
  }
}

/**
 * KL(P ‖ Q) = Σ p (log p − log q) over a whole vocabulary, in nats, from normalised log-probabilities. [token id]
 * An outcome with p = 0 (log p = −∞) adds nothing; one with q = 0 and p > 0 makes it infinite. Summed in double
 * precision; single-precision inputs may give about −1e-8 for equal distributions.
 */
export function exactKl(logProbsP: Float32Array, logProbsQ: Float32Array): number {
  requireSameLength({ logProbsP, logProbsQ });
  let sum = 0;
  for (let id = 0; id < logProbsP.length; id += 1) {
    const logP = logProbsP[id];
    if (logP !== -Infinity) sum += Math.exp(logP) * (logP - logProbsQ[id]);
  }
  return sum;
}

/** A difference of log-probabilities, within ±20. */
export function clampLogRatio(logRatio: number): number {
  return Math.min(Math.max(logRatio, -MAX_LOG_RATIO), MAX_LOG_RATIO);
}
