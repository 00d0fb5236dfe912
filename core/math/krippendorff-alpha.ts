import { invalid } from './argument-checks.js';
import type { Category } from './agreement.js';
import { normalQuantile } from './normal-quantile.js';
import { quantile } from './quantile.js';
import type { Rng } from './rng.js';

/** How far apart two values are: any two alike, by rank, by difference, or by difference over sum. */
export type AlphaDistance = 'nominal' | 'ordinal' | 'interval' | 'ratio';

/**
 * Krippendorff's α with any number of raters and missing labels (Krippendorff 2011, "Computing Krippendorff's
 * alpha-reliability"): 1 − Do / De over the coincidences of values within units. `units` is [unit][label]; units with one
 * label pair with nothing and do not count. Distances other than nominal need numbers.
 *
 * Undefined where no unit has two labels, and where all labels are of one category: there is nothing to disagree about.
 */
export function krippendorffAlpha(
  units: readonly (readonly Category[])[],
  distance: AlphaDistance = 'nominal',
): number | undefined {
  const { observed, expected } = disagreements(units, distance);
  return expected === 0 ? undefined : 1 - observed / expected;
}

/** Draws of a resample above which their sum is normal for all purposes. */
const MOST_DRAWS = 20_000;

export interface AlphaBootstrap {
  readonly distance?: AlphaDistance;
  /** Confidence level. */
  readonly level: number;
  readonly resamples: number;
  readonly rng: Rng;
}

/**
 * The bootstrap interval of α: pairs of labels are drawn from all units with replacement, as many as there are, against the
 * expected disagreement of the whole (Krippendorff 2016, "Bootstrapping distributions for Krippendorff's alpha"). Of more
 * than 20,000 pairs the sum's normal limit is taken, which needs no draws. Undefined where α is.
 */
export function krippendorffInterval(
  units: readonly (readonly Category[])[],
  { distance = 'nominal', level, resamples, rng }: AlphaBootstrap,
): readonly [low: number, high: number] | undefined {
  const { pairable, expected, squared, n } = disagreements(units, distance);
  if (expected === 0) return undefined;
  const errors = pairErrors(pairable, (one, other) => (2 * squared(one, other)) / (n * expected));
  const draws = pairable.map(({ length }) => ({
    count: (length * (length - 1)) / 2,
    scale: 1 / (length - 1),
  }));
  if (errors.length > MOST_DRAWS) return normalInterval(errors, draws, level);
  const alphas = Float64Array.from({ length: resamples }, () => {
    let alpha = 1;
    for (const { count, scale } of draws) {
      for (let draw = 0; draw < count; draw += 1) alpha -= errors[rng.integer(errors.length)] * scale;
    }
    return Math.max(-1, alpha);
  }).sort();
  return [quantile(alphas, (1 - level) / 2), quantile(alphas, (1 + level) / 2)];
}

/** The disagreement of every two labels of a unit. */
function pairErrors(pairable: readonly (readonly Category[])[], error: SquaredDistance): Float64Array {
  const total = pairable.reduce((sum, { length }) => sum + (length * (length - 1)) / 2, 0);
  const errors = new Float64Array(total);
  let at = 0;
  for (const labels of pairable) {
    for (let one = 0; one < labels.length; one += 1) {
      for (let other = one + 1; other < labels.length; other += 1) {
        errors[at] = error(labels[one], labels[other]);
        at += 1;
      }
    }
  }
  return errors;
}

function normalInterval(
  errors: Float64Array,
  draws: readonly { readonly count: number; readonly scale: number }[],
  level: number,
): readonly [number, number] {
  const mean = errors.reduce((sum, error) => sum + error, 0) / errors.length;
  const variance = errors.reduce((sum, error) => sum + (error - mean) ** 2, 0) / errors.length;
  const centre = 1 - draws.reduce((sum, { count, scale }) => sum + count * scale * mean, 0);
  const spread = Math.sqrt(
    draws.reduce((sum, { count, scale }) => sum + count * scale * scale * variance, 0),
  );
  const half = normalQuantile((1 + level) / 2) * spread;
  return [Math.max(-1, centre - half), centre + half];
}

interface Disagreements {
  readonly observed: number;
  /** 0 where α is undefined. */
  readonly expected: number;
  readonly pairable: readonly (readonly Category[])[];
  readonly squared: SquaredDistance;
  /** Labels that pair. */
  readonly n: number;
}

type SquaredDistance = (one: Category, other: Category) => number;

function disagreements(units: readonly (readonly Category[])[], distance: AlphaDistance): Disagreements {
  const pairable = units.filter((labels) => labels.length > 1);
  const totals = countsOf(pairable.flat());
  const n = [...totals.values()].reduce((sum, count) => sum + count, 0);
  const squared = squaredDistance(distance, totals);
  const observed = pairable.reduce(
    (sum, labels) => sum + distances(countsOf(labels), squared) / (labels.length - 1),
    0,
  );
  const expected = n === 0 ? 0 : distances(totals, squared) / (n * (n - 1));
  return { observed: observed / n, expected, pairable, squared, n };
}

/** Sum of squared distances over ordered pairs of labels, given how often each category occurs. */
function distances(counts: ReadonlyMap<Category, number>, squared: SquaredDistance): number {
  const entries = [...counts];
  let sum = 0;
  for (const [at, [one, count]] of entries.entries()) {
    for (const [other, otherCount] of entries.slice(at + 1))
      sum += 2 * count * otherCount * squared(one, other);
  }
  return sum;
}

function squaredDistance(distance: AlphaDistance, totals: ReadonlyMap<Category, number>): SquaredDistance {
  switch (distance) {
    case 'nominal':
      return (one, other) => (one === other ? 0 : 1);
    case 'interval':
      return (one, other) => (numeric(one) - numeric(other)) ** 2;
    case 'ratio':
      return (one, other) => ratio(numeric(one), numeric(other)) ** 2;
    case 'ordinal':
      return ordinal(totals);
  }
}

/** By ranks: the labels from one value to the other, half of those at the ends. */
function ordinal(totals: ReadonlyMap<Category, number>): SquaredDistance {
  const ranks = new Map<Category, number>();
  let below = 0;
  const ascending = [...totals].sort(([one], [other]) => numeric(one) - numeric(other));
  for (const [value, count] of ascending) {
    ranks.set(value, below + count / 2);
    below += count;
  }
  return (one, other) => ((ranks.get(one) ?? 0) - (ranks.get(other) ?? 0)) ** 2;
}

function ratio(one: number, other: number): number {
  return one + other === 0 ? 0 : (one - other) / (one + other);
}

function numeric(category: Category): number {
  if (typeof category === 'number' && Number.isFinite(category)) return category;
  throw invalid(
    `The label ${JSON.stringify(category)} is no number; only nominal distances do without numbers.`,
  );
}

function countsOf(labels: readonly Category[]): Map<Category, number> {
  const counts = new Map<Category, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return counts;
}
