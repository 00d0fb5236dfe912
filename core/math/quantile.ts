import { invalid, requireWithin } from './argument-checks.js';

/**
 * The sample quantile with linear interpolation between order statistics (type 7 of Hyndman & Fan 1996, which NumPy
 * and R use unless told).
 * @param sorted ascending, at least one number
 * @param probability in [0, 1]
 */
export function quantile(sorted: ArrayLike<number>, probability: number): number {
  requireWithin('The probability of a quantile', probability, 0, 1);
  if (sorted.length === 0) throw invalid('An empty sample has no quantile.');
  const position = (sorted.length - 1) * probability;
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}
