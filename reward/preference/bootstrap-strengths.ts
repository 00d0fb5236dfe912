import { fitBradleyTerry } from '../../core/math/bradley-terry.js';
import type { BradleyTerryFit, BradleyTerryPriors } from '../../core/math/bradley-terry-fit.js';
import { comparisonRows, countComparisons, type ItemVotes } from '../../core/math/comparisons.js';
import type { Rng } from '../../core/math/rng.js';
import type { TieModel } from '../../core/math/tie-model.js';

export interface BootstrapInput {
  readonly votes: ItemVotes;
  /** The fit of all votes, from which each resample's search begins. */
  readonly fit: BradleyTerryFit;
  readonly ties: TieModel;
  /** With a strength prior above 0: a resample may leave items without a comparison. */
  readonly priors: BradleyTerryPriors;
  /** What is drawn: prompts, usually. [vote] */
  readonly clusterOf: Int32Array;
  /** Which resamples, from and to (without): a resample depends on its number and the stream alone. */
  readonly from: number;
  readonly to: number;
  readonly rng: Rng;
}

/**
 * Strengths of votes resampled by whole clusters (Efron & Tibshirani 1993): votes of a cluster stay together, as what they
 * err by does. [resample × item], the same however the resamples are shared out over calls.
 */
export function bootstrapStrengths(input: BootstrapInput): Float64Array[] {
  const { votes, fit, ties, priors, clusterOf, from, to, rng } = input;
  const clusters = clusterOf.reduce((most, cluster) => Math.max(most, cluster + 1), 0);
  return Array.from({ length: to - from }, (_, at) => {
    const stream = rng.fork(from + at);
    const copies = new Float64Array(clusters);
    for (let draw = 0; draw < clusters; draw += 1) copies[stream.integer(clusters)] += 1;
    const weight = Float64Array.from(
      clusterOf,
      (cluster, vote) => copies[cluster] * (votes.weight?.[vote] ?? 1),
    );
    const resampled = { ...votes, weight };
    const comparisons = votes.terms === undefined ? countComparisons(resampled) : comparisonRows(resampled);
    return fitBradleyTerry(comparisons, { ties, priors, start: fit }).strengths;
  });
}
