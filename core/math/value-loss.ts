import { requirePositive, requireSameLength } from './argument-checks.js';

/** The answer tokens of one sequence; per-token arrays are parallel. */
export interface ValueTokens {
  /** From the critic being updated. [token] */
  readonly values: Float32Array;
  /** From the critic before the update. [token] */
  readonly oldValues: Float32Array;
  /** [token] */
  readonly returns: Float32Array;
  /** 0 leaves a token out. [token] */
  readonly mask: Float32Array;
}

export interface ValueLoss {
  /** 0 outside the mask. Not aggregated: see loss-aggregation. [token] */
  readonly losses: Float32Array;
  /** Unmasked tokens. */
  readonly count: number;
  /** Unmasked tokens where the clipped value decided. */
  readonly clipped: number;
}

/**
 * Half the squared error of each value, ½·max((V − R)², (clip(V, V_old ± clip) − R)²): the pessimistic clipping of
 * OpenAI Baselines' PPO2 (described in Huang et al. 2022, "The 37 implementation details of PPO", detail 9).
 * Without `clip` it is ½(V − R)².
 */
export function clippedValueLoss(tokens: ValueTokens, clip?: number): ValueLoss {
  const { values, oldValues, returns, mask } = tokens;
  requireSameLength({ values, oldValues, returns, mask });
  if (clip !== undefined) requirePositive('The value clip', clip);
  const range = clip ?? Infinity;
  const losses = new Float32Array(values.length);
  let [count, clipped] = [0, 0];
  for (let t = 0; t < values.length; t += 1) {
    if (mask[t] === 0) continue;
    const bounded = Math.min(Math.max(values[t], oldValues[t] - range), oldValues[t] + range);
    const squared = (values[t] - returns[t]) ** 2;
    const clippedSquared = (bounded - returns[t]) ** 2;
    losses[t] = Math.max(squared, clippedSquared) / 2;
    count += 1;
    if (clippedSquared > squared) clipped += 1;
  }
  return { losses, count, clipped };
}
