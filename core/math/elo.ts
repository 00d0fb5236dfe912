import { requirePositive } from './argument-checks.js';
import { logistic } from './logistic.js';
import type { ItemVotes } from './comparisons.js';

export interface EloOptions {
  /** How far one vote moves a rating at most. */
  readonly k: number;
  /** Ratings before any vote; 1000 unless told. */
  readonly initial?: number;
  /** A lead of this many points is ten to one; 400 unless told. */
  readonly scale?: number;
}

/**
 * Elo ratings after votes in the order given (Elo 1978). One pass of stochastic gradient steps on the Bradley-Terry
 * likelihood: the result depends on the order of votes and on k, so it is for watching and not for conclusions. [item]
 */
export function eloRatings(
  { items, first, second, outcome, weight }: ItemVotes,
  options: EloOptions,
): Float64Array {
  const { k, initial = 1000, scale = 400 } = options;
  requirePositive("Elo's k", k);
  requirePositive("Elo's scale", scale);
  const ratings = new Float64Array(items).fill(initial);
  for (let vote = 0; vote < first.length; vote += 1) {
    const expected = logistic(((ratings[first[vote]] - ratings[second[vote]]) * Math.LN10) / scale);
    const change = k * (weight === undefined ? 1 : weight[vote]) * (outcome[vote] - expected);
    ratings[first[vote]] += change;
    ratings[second[vote]] -= change;
  }
  return ratings;
}
