import { invalid, requireFinite, requireSameLength } from './argument-checks.js';
import type { FinishReason } from '../domain/trajectory.js';
import { klEstimate } from './kl.js';
import type { KlKind } from './kl.js';

/** The answer tokens of one trajectory and what its answer as a whole is worth. */
export interface TokenRewardInput {
  /** Normalised reward R of the answer. */
  readonly score: number;
  /** Log-probabilities under the policy that is to be updated, before the update. [token] */
  readonly logProbs: Float32Array;
  /** Log-probabilities under the frozen reference. [token] */
  readonly referenceLogProbs: Float32Array;
  /** KL coefficient β. */
  readonly beta: number;
  readonly klKind: KlKind;
  /** Subtracted from the score of an answer that was cut off before a stop token; 0 switches it off. */
  readonly missingEosPenalty: number;
  readonly finish: FinishReason;
}

/**
 * Per-token rewards r_t = −β·kl_t + 1[t = last]·(R − penalty): the KL penalty as a reward (Ziegler et al. 2019,
 * arXiv 1909.08593; Ouyang et al. 2022, arXiv 2203.02155) and the answer's reward on its last token. [token]
 */
export function tokenRewards(input: TokenRewardInput): Float32Array {
  const { logProbs, referenceLogProbs, beta, klKind } = input;
  requireSameLength({ logProbs, referenceLogProbs });
  requireFinite('The score', input.score);
  if (logProbs.length === 0) throw invalid('An answer without tokens has no token to carry its reward.');
  const rewards = logProbs.map((logProb, t) => -beta * klEstimate(klKind, logProb, referenceLogProbs[t]));
  const penalty = input.finish === 'length' ? input.missingEosPenalty : 0;
  rewards[rewards.length - 1] += input.score - penalty;
  return rewards;
}
