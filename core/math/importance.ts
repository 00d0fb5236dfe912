import { requirePositive, requireSameLength } from './argument-checks.js';
import { clampLogRatio } from './kl.js';

/**
 * Truncated importance weights min(π_old / π_behaviour, cap) of sampled tokens (Ionides 2008; for the gap between
 * sampler and trainer: Yao et al. 2025, https://fengyao.notion.site/off-policy-rl). They scale advantages. The log-ratio
 * is clamped to ±20 first. [token]
 * @param oldLogProbs under the trainer's weights before the update [token]
 * @param behaviourLogProbs as the sampling engine reported them [token]
 */
export function truncatedImportanceWeights(
  oldLogProbs: Float32Array,
  behaviourLogProbs: Float32Array,
  cap: number,
): Float32Array {
  requireSameLength({ oldLogProbs, behaviourLogProbs });
  requirePositive('The cap of importance weights', cap);
  return oldLogProbs.map((logProb, t) =>
    Math.min(Math.exp(clampLogRatio(logProb - behaviourLogProbs[t])), cap),
  );
}
