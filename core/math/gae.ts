import { requireSameLength, requireWithin } from './argument-checks.js';

/** The answer tokens of one trajectory. */
export interface GaeInput {
  /** Reward on arriving after token t. [token] */
  readonly rewards: Float32Array;
  /** The critic's estimate of the state just before token t. [token] */
  readonly values: Float32Array;
  /** Discount γ in [0, 1]. */
  readonly gamma: number;
  /** Trade-off λ in [0, 1] between bias (0) and variance (1). */
  readonly lambda: number;
}

export interface GaeEstimates {
  /** [token] */
  readonly advantages: Float32Array;
  /** Targets of the value function: advantage + value, before any whitening. [token] */
  readonly returns: Float32Array;
}

/**
 * Generalized advantage estimation, equations 11-16 of Schulman et al. 2016 (arXiv 1506.02438):
 * δ_t = r_t + γV_{t+1} − V_t and A_t = δ_t + γλA_{t+1}. The episode ends with the answer, so the value after the
 * last token is 0. The recursion runs in double precision.
 */
export function generalizedAdvantageEstimation(input: GaeInput): GaeEstimates {
  const { rewards, values, gamma, lambda } = input;
  requireSameLength({ rewards, values });
  requireWithin('gamma', gamma, 0, 1);
  requireWithin('lambda', lambda, 0, 1);
  const advantages = new Float32Array(rewards.length);
  const returns = new Float32Array(rewards.length);
  let advantage = 0;
  let nextValue = 0;
  for (let t = rewards.length - 1; t >= 0; t -= 1) {
    const delta = rewards[t] + gamma * nextValue - values[t];
    advantage = delta + gamma * lambda * advantage;
    advantages[t] = advantage;
    returns[t] = advantage + values[t];
    nextValue = values[t];
  }
  return { advantages, returns };
}
