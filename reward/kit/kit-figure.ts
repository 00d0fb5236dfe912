/**
 * A figure is an estimate with its interval, held against a threshold. Invariant: the burden of proof is the model's. A
 * figure passes only where its whole interval keeps the threshold; it fails where the estimate itself does not.
 */
import { macroProportion } from '../../core/math/macro-proportion.js';
import type { IntervalEstimate } from '../../core/math/interval-estimate.js';
import { pairedBootstrap } from '../../core/math/paired-bootstrap.js';
import { proportionInterval } from '../../core/math/proportion-interval.js';
import type { Rng } from '../../core/math/rng.js';

/** Level of every interval of the kit. */
export const LEVEL = 0.95;
/** Resamples of a bootstrap interval. */
const RESAMPLES = 2000;

/** `share`: of items. `gap`: in typical gaps, the mean distance of the two answers of the kit's pairs. */
export type FigureUnit = 'share' | 'gap';

/** `unproven`: the estimate keeps the threshold and the interval does not. */
export type FigureVerdict = 'pass' | 'unproven' | 'fail';

/** What a figure has to keep, and why that and not something else. */
export interface Threshold {
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly why: string;
}

export interface KitFigure {
  readonly name: string;
  readonly unit: FigureUnit;
  readonly estimate: IntervalEstimate;
  readonly threshold: Threshold;
  readonly verdict: FigureVerdict;
}

/** Holds an estimate against a threshold. */
export function judgeFigure(figure: Omit<KitFigure, 'verdict'>): KitFigure {
  const { estimate, threshold } = figure;
  const { atLeast = -Infinity, atMost = Infinity } = threshold;
  const keeps = (low: number, high: number): boolean => low >= atLeast && high <= atMost;
  const verdict = keeps(estimate.low, estimate.high)
    ? 'pass'
    : keeps(estimate.value, estimate.value)
      ? 'unproven'
      : 'fail';
  return { ...figure, verdict };
}

/** A test's verdict: that of its worst figure. */
export function verdictOf(figures: readonly KitFigure[]): FigureVerdict {
  const verdicts = figures.map(({ verdict }) => verdict);
  if (verdicts.includes('fail')) return 'fail';
  return verdicts.includes('unproven') ? 'unproven' : 'pass';
}

/** A share of items by Wilson's interval; `hits` in [0, 1] each, a tie being a half. [item] */
export function shareFigure(name: string, hits: readonly number[], threshold: Threshold): KitFigure {
  return judgeFigure({ name, unit: 'share', estimate: share(hits), threshold });
}

/** The unweighted mean of shares over strata, at least one of them. [stratum][item] */
export function macroShareFigure(
  name: string,
  strata: readonly (readonly number[])[],
  threshold: Threshold,
): KitFigure {
  return judgeFigure({ name, unit: 'share', estimate: macroProportion(strata.map(share)), threshold });
}

export interface MeanFigureInput {
  readonly name: string;
  readonly unit: FigureUnit;
  /** One value an item. [item] */
  readonly values: readonly number[];
  readonly threshold: Threshold;
  readonly rng: Rng;
}

/** A mean over items by the percentile bootstrap over items. */
export function meanFigure({ name, unit, values, threshold, rng }: MeanFigureInput): KitFigure {
  const differences = Float64Array.from(values);
  const estimate = pairedBootstrap({ differences, resamples: RESAMPLES, rng: rng.fork(name), level: LEVEL });
  return judgeFigure({ name, unit, estimate, threshold });
}

function share(hits: readonly number[]): IntervalEstimate {
  return proportionInterval(
    hits.reduce((sum, hit) => sum + hit, 0),
    hits.length,
    LEVEL,
  );
}
