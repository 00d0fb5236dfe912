import { invalid } from './argument-checks.js';
import type { IntervalEstimate } from './interval-estimate.js';
import { quantile } from './quantile.js';
import type { Rng } from './rng.js';

/** A figure of weighted rows; undefined where the rows that weigh do not decide it. `weights` is [row]. */
export type WeightedFigure = (weights: Float64Array) => number | undefined;

export interface ClusterBootstrapInput {
  /** Cluster of each row, from 0. [row] */
  readonly clusters: Int32Array;
  readonly resamples: number;
  readonly rng: Rng;
  /** Confidence level in (0, 1), such as 0.95. */
  readonly level: number;
  /**
   * Figures that resampling itself moves, as repeated rows raise a calibration error: their draws are shifted so that the
   * median is the value (bias correction, Efron & Tibshirani 1993, chapter 10).
   */
  readonly recentred?: ReadonlySet<string>;
}

/**
 * Percentile intervals of several figures from the same resamples of whole clusters (Efron & Tibshirani 1993, chapter 8): the
 * rows of one prompt are not independent. A figure is left out where the rows do not decide it; resamples that do not are
 * passed over.
 */
export function clusterBootstrap<Name extends string>(
  figures: Readonly<Record<Name, WeightedFigure>>,
  { clusters, resamples, rng, level, recentred }: ClusterBootstrapInput,
): Partial<Record<Name, IntervalEstimate>> {
  if (clusters.length === 0) throw invalid('A bootstrap needs at least one row.');
  const count = 1 + clusters.reduce((most, cluster) => Math.max(most, cluster), 0);
  const entries = Object.entries<WeightedFigure>(figures);
  const draws = entries.map((): number[] => []);
  for (let resample = 0; resample < resamples; resample += 1) {
    const drawn = new Float64Array(count);
    for (let draw = 0; draw < count; draw += 1) drawn[rng.integer(count)] += 1;
    const weights = Float64Array.from(clusters, (cluster) => drawn[cluster]);
    for (const [at, [, figure]] of entries.entries()) {
      const value = figure(weights);
      if (value !== undefined) draws[at].push(value);
    }
  }
  const found: Partial<Record<string, IntervalEstimate>> = {};
  const ones = new Float64Array(clusters.length).fill(1);
  for (const [at, [name, figure]] of entries.entries()) {
    const value = figure(ones);
    if (value === undefined || draws[at].length === 0) continue;
    const sorted = draws[at].sort((a, b) => a - b);
    const [low, high] = [quantile(sorted, (1 - level) / 2), quantile(sorted, (1 + level) / 2)];
    const shift = recentred?.has(name) === true ? value - quantile(sorted, 0.5) : 0;
    found[name] = { value, low: low + shift, high: high + shift, n: count };
  }
  return found;
}
