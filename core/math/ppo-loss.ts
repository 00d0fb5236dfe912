import { invalid, requirePositive, requireSameLength, requireWithin } from './argument-checks.js';
import { clampLogRatio } from './kl.js';

/** The answer tokens of one sequence; per-token arrays are parallel. */
export interface PolicyTokens {
  /** Under the policy being updated. [token] */
  readonly logProbs: Float32Array;
  /** Under the policy before the update. [token] */
  readonly oldLogProbs: Float32Array;
  /** [token] */
  readonly advantages: Float32Array;
  /** 0 leaves a token out. [token] */
  readonly mask: Float32Array;
}

export interface PolicyClipping {
  /** ρ is clipped below at 1 − epsLow. */
  readonly epsLow: number;
  /** ρ is clipped above at 1 + epsHigh. */
  readonly epsHigh: number;
  /** c > 1 of the dual clip: for negative advantages the loss is at most −A·c. Absent switches it off. */
  readonly dualClip?: number;
  /** `token`: a ratio per token (PPO). `sequence`: one for the sequence (GSPO). */
  readonly ratio: 'token' | 'sequence';
}

export interface PolicyLoss {
  /** 0 outside the mask. Not aggregated: see loss-aggregation. [token] */
  readonly losses: Float32Array;
  /** 1 outside the mask. [token] */
  readonly ratios: Float32Array;
  /** Unmasked tokens; the three sums below are over these, so that they add up over sequences. */
  readonly count: number;
  /** Tokens where the clipped ratio decided. */
  readonly clipped: number;
  /** Tokens where the dual clip decided. */
  readonly dualClipped: number;
  /** Sum of (ρ − 1) − log ρ over tokens, with each token's own ratio: KL(old ‖ new) in nats when divided by `count`. */
  readonly approximateKl: number;
}

/**
 * The clipped surrogate loss max(−A·ρ, −A·clip(ρ, 1 − ε_low, 1 + ε_high)) of each token (Schulman et al. 2017, arXiv
 * 1707.06347, equation 7), with separate bounds (DAPO, arXiv 2503.14476) and the dual clip min(that, −A·c) for A < 0
 * (Ye et al. 2020, arXiv 1912.09729, equation 5). Log-ratios are clamped to ±20 before the exponential.
 */
export function clippedPolicyLoss(tokens: PolicyTokens, clipping: PolicyClipping): PolicyLoss {
  requireClipping(clipping);
  const ratios = policyRatios(tokens, clipping.ratio);
  const losses = new Float32Array(ratios.length);
  let [count, clipped, dualClipped] = [0, 0, 0];
  for (let t = 0; t < losses.length; t += 1) {
    if (tokens.mask[t] === 0) continue;
    const token = tokenLoss(tokens.advantages[t], ratios[t], clipping);
    losses[t] = token.loss;
    count += 1;
    if (token.decidedBy === 'clip') clipped += 1;
    if (token.decidedBy === 'dual_clip') dualClipped += 1;
  }
  return {
    losses,
    ratios: Float32Array.from(ratios),
    count,
    clipped,
    dualClipped,
    approximateKl: sumApproximateKl(tokens),
  };
}

/**
 * The length-normalised likelihood ratio of a whole sequence, exp(mean over unmasked tokens of log π/π_old), with the
 * mean clamped to ±20 (GSPO: Zheng et al. 2025, arXiv 2507.18071, equation 7). 1 where every token is masked.
 */
export function sequenceRatio(logProbs: Float32Array, oldLogProbs: Float32Array, mask: Float32Array): number {
  requireSameLength({ logProbs, oldLogProbs, mask });
  let [sum, count] = [0, 0];
  for (let t = 0; t < mask.length; t += 1) {
    if (mask[t] === 0) continue;
    sum += logProbs[t] - oldLogProbs[t];
    count += 1;
  }
  return count === 0 ? 1 : Math.exp(clampLogRatio(sum / count));
}

function policyRatios(tokens: PolicyTokens, kind: PolicyClipping['ratio']): Float64Array {
  const { logProbs, oldLogProbs, advantages, mask } = tokens;
  requireSameLength({ logProbs, oldLogProbs, advantages, mask });
  const shared = kind === 'sequence' ? sequenceRatio(logProbs, oldLogProbs, mask) : undefined;
  return Float64Array.from(mask, (inside, t) => {
    if (inside === 0) return 1;
    return shared ?? Math.exp(clampLogRatio(logProbs[t] - oldLogProbs[t]));
  });
}

function tokenLoss(
  advantage: number,
  ratio: number,
  clipping: PolicyClipping,
): { readonly loss: number; readonly decidedBy: 'ratio' | 'clip' | 'dual_clip' } {
  const bounded = Math.min(Math.max(ratio, 1 - clipping.epsLow), 1 + clipping.epsHigh);
  const unclippedLoss = -advantage * ratio;
  const clippedLoss = -advantage * bounded;
  const loss = Math.max(unclippedLoss, clippedLoss);
  const ceiling = -advantage * (clipping.dualClip ?? Infinity);
  if (advantage < 0 && loss > ceiling) return { loss: ceiling, decidedBy: 'dual_clip' };
  return { loss, decidedBy: clippedLoss > unclippedLoss ? 'clip' : 'ratio' };
}

function sumApproximateKl(tokens: PolicyTokens): number {
  let sum = 0;
  for (let t = 0; t < tokens.mask.length; t += 1) {
    if (tokens.mask[t] === 0) continue;
    const logRatio = clampLogRatio(tokens.logProbs[t] - tokens.oldLogProbs[t]);
    sum += Math.expm1(logRatio) - logRatio;
  }
  return sum;
}

function requireClipping(clipping: PolicyClipping): void {
  requireWithin('epsLow', clipping.epsLow, 0, 1);
  if (clipping.epsHigh !== Infinity) requirePositive('epsHigh', clipping.epsHigh);
  if (clipping.dualClip !== undefined && !(clipping.dualClip > 1)) {
    throw invalid(`dualClip is ${clipping.dualClip}; it must be greater than 1.`);
  }
}
