import { invalid } from './argument-checks.js';
import type { IntervalEstimate } from './interval-estimate.js';

/**
 * The unweighted mean of independent proportions, so that a large stratum counts no more than a small one. The interval
 * squares and adds the distances of each part's own limits (MOVER: Zou & Donner 2008, Statistics in Medicine 27,
 * 1693-1702), which keeps a width where every part is 0 or 1. `n` is the sum of the parts'.
 * @param parts proportions with their intervals, of one level, at least one. [stratum]
 */
export function macroProportion(parts: readonly IntervalEstimate[]): IntervalEstimate {
  if (parts.length === 0) throw invalid('A mean of proportions needs at least one of them.');
  const mean = (of: (part: IntervalEstimate) => number): number =>
    parts.reduce((sum, part) => sum + of(part), 0) / parts.length;
  const distance = (of: (part: IntervalEstimate) => number): number =>
    Math.sqrt(parts.reduce((sum, part) => sum + of(part) ** 2, 0)) / parts.length;
  const value = mean((part) => part.value);
  return {
    value,
    low: Math.max(0, value - distance((part) => part.value - part.low)),
    high: Math.min(1, value + distance((part) => part.high - part.value)),
    n: parts.reduce((sum, part) => sum + part.n, 0),
  };
}
