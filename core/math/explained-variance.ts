import { requireSameLength } from './argument-checks.js';

/**
 * 1 − Var(R − V) / Var(R) over the unmasked tokens: 1 for a perfect critic, 0 for a constant one, negative for one that
 * is worse than a constant. Undefined where the returns do not vary.
 * @param values from the critic [token]
 * @param returns their targets [token]
 * @param mask 0 leaves a token out [token]
 */
export function explainedVariance(
  values: Float32Array,
  returns: Float32Array,
  mask: Float32Array,
): number | undefined {
  requireSameLength({ values, returns, mask });
  const kept = [...mask.keys()].filter((t) => mask[t] !== 0);
  const total = squaredDeviations(kept.map((t) => returns[t]));
  if (total === 0) return undefined;
  return 1 - squaredDeviations(kept.map((t) => returns[t] - values[t])) / total;
}

function squaredDeviations(numbers: readonly number[]): number {
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  return numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0);
}
