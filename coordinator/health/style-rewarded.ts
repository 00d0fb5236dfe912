import { inARow, rollbackCommand } from './health-history.js';
import type { FinishedIteration, HealthHistory } from './health-history.js';
import type { HealthCheck } from './health-check.js';
import { figure, goBack, lastIterations } from './pause-reason.js';

/** A property of how answers look, by the metrics that tell of it. */
export interface StyleProperty {
  /** Rank correlation with the reward, in [−1, 1]. */
  readonly correlation: string;
  /** Mean over a batch. */
  readonly mean: string;
  /** Deviation over a batch. */
  readonly deviation: string;
}

export const STYLE_PROPERTIES: readonly StyleProperty[] = [
  {
    correlation: 'watch/length_correlation',
    mean: 'answers/mean_length',
    deviation: 'watch/length_std',
  },
  { correlation: 'watch/format_correlation', mean: 'watch/format_mean', deviation: 'watch/format_std' },
];

export interface StyleLimits {
  /** Largest |ρ|. */
  readonly correlation: number;
  /** Standard deviations that the mean may move in the direction of ρ. */
  readonly shift: number;
}

/**
 * Stops when, in this many iterations in a row, the reward followed a property of style more closely than this and the
 * answers had gone where it pays further than this. Either alone is no gaming: a good rubric may pay the more complete
 * answer, which is longer, without answers growing; and a rise of ρ alone may come from answers that differ in little
 * else any more. The shift is Cohen's d: the means' difference over the pooled deviation of the two batches.
 */
export function styleRewarded(
  run: string,
  property: StyleProperty,
  limits: StyleLimits,
  count: number,
): HealthCheck {
  return (history) => {
    const shift = (finished: FinishedIteration): number => paidShift(finished, history, property);
    const bad = inARow(
      history,
      count,
      (finished) =>
        Math.abs(finished.metrics[property.correlation]) > limits.correlation &&
        shift(finished) > limits.shift,
    );
    if (bad === undefined) return undefined;
    const last = bad[bad.length - 1];
    const correlations = bad.map(({ metrics }) => figure(metrics[property.correlation])).join(', ');
    const shifts = bad.map((finished) => figure(shift(finished))).join(', ');
    return {
      kind: 'style_rewarded',
      sentence: `Iteration ${last.iteration}: ${property.correlation} was ${correlations} while ${property.mean} stood ${shifts} standard deviations from the run's start, where it pays, ${lastIterations(count)}; allowed: at most ${figure(limits.correlation)} on either side of 0 (watch.styleCorrelation) or ${figure(limits.shift)} standard deviations (watch.styleShift).`,
      nextStep: `${goBack(run, rollbackCommand(run, history, bad[0]))}; if it comes again, swap in a rubric that does not pay it with \`majlis rubric swap ${run} RUBRIC\`.`,
    };
  };
}

/**
 * How far the mean moved from the run's first iterations in the direction that ρ pays, in pooled standard deviations; NaN
 * where it was not measured, which is past no limit.
 */
function paidShift(
  { metrics }: FinishedIteration,
  { first }: HealthHistory,
  property: StyleProperty,
): number {
  const start = meanOf(first.map((one) => one.metrics[property.mean]));
  const variance = meanOf(first.map((one) => one.metrics[property.deviation] ** 2));
  const pooled = Math.sqrt((variance + metrics[property.deviation] ** 2) / 2);
  return (Math.sign(metrics[property.correlation]) * (metrics[property.mean] - start)) / pooled;
}

/** Of those that were measured; NaN where none was. */
function meanOf(numbers: readonly number[]): number {
  const measured = numbers.filter(Number.isFinite);
  return measured.reduce((sum, number) => sum + number, 0) / measured.length;
}
