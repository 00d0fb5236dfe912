import { joinFloats } from './join-floats.js';

/** Log-probs of the same answer tokens, with their importance weights. [answer][token] */
export interface SampledTokens {
  /** Under the weights that the update starts from. */
  readonly old: readonly Float32Array[];
  /** As the sampling engine reported them. */
  readonly behaviour: readonly Float32Array[];
  /** Truncated; absent where importance sampling is off. */
  readonly weights?: readonly Float32Array[];
}

/**
 * How far the policy that sampled is from the one that learns, over answer tokens, under the names of TRL's GRPO trainer.
 * In lockstep it is the gap between two engines; in an async run it is staleness too.
 */
export function samplingMetrics({ old, behaviour, weights }: SampledTokens): Record<string, number> {
  const [learner, sampler] = [joinFloats(old), joinFloats(behaviour)];
  const gaps = learner.map((logProb, token) => Math.abs(logProb - sampler[token]));
  const difference = { 'sampling/sampling_logp_difference/mean': meanOf(gaps) };
  if (weights === undefined) return difference;
  const ratios = joinFloats(weights);
  return {
    ...difference,
    'sampling/importance_sampling_ratio/min': ratios.reduce(
      (least, ratio) => Math.min(least, ratio),
      Infinity,
    ),
    'sampling/importance_sampling_ratio/mean': meanOf(ratios),
    'sampling/importance_sampling_ratio/max': ratios.reduce((most, ratio) => Math.max(most, ratio), 0),
  };
}

function meanOf(numbers: Float32Array): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
