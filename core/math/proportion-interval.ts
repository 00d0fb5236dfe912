import { invalid, requireWithin } from './argument-checks.js';
import type { IntervalEstimate } from './interval-estimate.js';
import { normalQuantile } from './normal-quantile.js';

/**
 * A proportion with Wilson's score interval (Wilson 1927), which stays inside [0, 1] and has a width at 0 and n.
 * @param successes in [0, n]; halves are allowed, since a tie counts as half a win
 * @param n independent trials, at least 1
 * @param level confidence level in (0, 1), such as 0.95
 */
export function proportionInterval(successes: number, n: number, level: number): IntervalEstimate {
  if (!Number.isInteger(n) || n < 1) throw invalid(`n is ${n}; a proportion needs at least one trial.`);
  requireWithin('The number of successes', successes, 0, n);
  requireWithin('The confidence level', level, Number.EPSILON, 1 - Number.EPSILON);
  const z = normalQuantile((1 + level) / 2);
  const value = successes / n;
  const shrink = 1 / (1 + (z * z) / n);
  const centre = (value + (z * z) / (2 * n)) * shrink;
  const half = z * shrink * Math.sqrt((value * (1 - value)) / n + (z * z) / (4 * n * n));
  // At 0 and n a bound equals the proportion; rounding must not push it past.
  return {
    value,
    low: Math.max(0, Math.min(value, centre - half)),
    high: Math.min(1, Math.max(value, centre + half)),
    n,
  };
}
