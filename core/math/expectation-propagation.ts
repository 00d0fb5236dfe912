import { invalid, requirePositive } from './argument-checks.js';
import { logistic } from './logistic.js';
import { MajlisError } from '../errors.js';

/** How a lead becomes a probability: logistic (Bradley-Terry) or normal (Thurstone's case V). */
export type PairLink = 'logit' | 'probit';

export interface GaussianPosterior {
  /** [item] */
  readonly mean: Float64Array;
  /** Row-major. [item × item] */
  readonly covariance: Float64Array;
  readonly iterations: number;
}

const MAX_SWEEPS = 200;
const TOLERANCE = 1e-9;

/**
 * The Gaussian that fits the posterior of strengths best in the sense of expectation propagation (Minka 2001; for pairs Chu &
 * Ghahramani 2005): prior θ ~ N(0, variance·I), P(winner beats loser) = link(θ_winner − θ_loser). Dense: votes × items² a
 * sweep, for up to a few hundred items. Exists for any votes, since the prior is proper.
 * @param winners items that won, one of each vote [vote]
 * @param losers [vote]
 */
export function propagateExpectations(
  items: number,
  votes: { readonly winners: Int32Array; readonly losers: Int32Array },
  options: { readonly priorVariance: number; readonly link: PairLink },
): GaussianPosterior {
  const { winners, losers } = votes;
  requirePositive('The prior variance', options.priorVariance);
  for (const item of [...winners, ...losers]) {
    if (item < 0 || item >= items) throw invalid(`A vote names item ${item}; items are 0 to ${items - 1}.`);
  }
  const covariance = new Float64Array(items * items);
  for (let item = 0; item < items; item += 1) covariance[item * (items + 1)] = options.priorVariance;
  const mean = new Float64Array(items);
  const precision = new Float64Array(winners.length);
  const shift = new Float64Array(winners.length);
  for (let iterations = 1; iterations <= MAX_SWEEPS; iterations += 1) {
    let moved = 0;
    for (let vote = 0; vote < winners.length; vote += 1) {
      const [a, b] = [winners[vote], losers[vote]];
      const variance =
        covariance[a * (items + 1)] + covariance[b * (items + 1)] - 2 * covariance[a * items + b];
      const lead = mean[a] - mean[b];
      // The cavity: what all other votes and the prior say of this lead.
      const cavityVariance = 1 / (1 / variance - precision[vote]);
      const cavityMean = cavityVariance * (lead / variance - shift[vote]);
      const { slope, curvature } = linkDerivatives(options.link, cavityMean, cavityVariance);
      const scale = 1 + cavityVariance * curvature;
      const newPrecision = -curvature / scale;
      const newShift = (slope - cavityMean * curvature) / scale;
      const change = { precision: newPrecision - precision[vote], shift: newShift - shift[vote] };
      moved = Math.max(moved, Math.abs(change.precision), Math.abs(change.shift));
      precision[vote] = newPrecision;
      shift[vote] = newShift;
      absorb({ mean, covariance }, [a, b], change);
    }
    if (moved <= TOLERANCE) return { mean, covariance, iterations };
  }
  throw new MajlisError('Expectation propagation did not converge.', { code: 'internal' });
}

/** Rank-one update of the Gaussian by a change of one vote's factor. */
function absorb(
  { mean, covariance }: { readonly mean: Float64Array; readonly covariance: Float64Array },
  [a, b]: readonly [number, number],
  change: { readonly precision: number; readonly shift: number },
): void {
  const items = mean.length;
  const column = Float64Array.from(
    mean,
    (_, item) => covariance[item * items + a] - covariance[item * items + b],
  );
  const variance = column[a] - column[b];
  const lead = mean[a] - mean[b];
  const scale = 1 / (1 + change.precision * variance);
  for (let item = 0; item < items; item += 1) {
    mean[item] += column[item] * scale * (change.shift - change.precision * lead);
  }
  for (let row = 0; row < items; row += 1) {
    const factor = change.precision * scale * column[row];
    for (let other = 0; other < items; other += 1) covariance[row * items + other] -= factor * column[other];
  }
}

/** First and second derivative, by the mean, of log ∫ link(z)·N(z; mean, variance) dz. */
function linkDerivatives(
  link: PairLink,
  mean: number,
  variance: number,
): { readonly slope: number; readonly curvature: number } {
  if (link === 'probit') {
    const scale = Math.sqrt(1 + variance);
    const slope = inverseMills(mean / scale) / scale;
    return { slope, curvature: -slope * (slope + mean / (1 + variance)) };
  }
  const deviation = Math.sqrt(variance);
  let [whole, first, second] = [0, 0, 0];
  // The trapezoid rule converges exponentially for functions that are analytic and vanish at both ends.
  for (let step = -240; step <= 240; step += 1) {
    const t = step / 24;
    const p = logistic(mean + deviation * t);
    const density = Math.exp((-t * t) / 2);
    whole += density * p;
    first += density * p * (1 - p);
    second += density * p * (1 - p) * (1 - 2 * p);
  }
  const slope = first / whole;
  return { slope, curvature: second / whole - slope * slope };
}

/** φ(x)/Φ(x). */
function inverseMills(x: number): number {
  if (x < -30) return -x;
  const t = Math.abs(x);
  // Φ(−t)/φ(t), Mills' ratio: its series for small t, Laplace's continued fraction for large.
  const ratio = t < 4 ? Math.sqrt(Math.PI / 2) * Math.exp((t * t) / 2) - centralRatio(t) : millsFraction(t);
  if (x <= 0) return 1 / ratio;
  return 1 / (Math.sqrt(2 * Math.PI) * Math.exp((t * t) / 2) - ratio);
}

/** (Φ(t) − ½)/φ(t) = t + t³/3 + t⁵/15 + … (Marsaglia 2004). */
function centralRatio(t: number): number {
  let term = t;
  let sum = 0;
  for (let odd = 3; sum + term !== sum; odd += 2) {
    sum += term;
    term *= (t * t) / odd;
  }
  return sum;
}

/** 1/(t + 1/(t + 2/(t + 3/(t + …)))). */
function millsFraction(t: number): number {
  let fraction = t;
  for (let depth = 60; depth >= 1; depth -= 1) fraction = t + depth / fraction;
  return 1 / fraction;
}
