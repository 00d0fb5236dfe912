/**
 * A sum whose error does not grow with the number of terms (Neumaier 1974's variant of Kahan's summation), so that
 * figures over many prompts do not depend on their order beyond the last bit or so.
 */
export function compensatedSum(values: Iterable<number>): number {
  let sum = 0;
  let lost = 0;
  for (const value of values) {
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  // Once the sum is infinite or NaN, what was "lost" is NaN and means nothing.
  return Number.isFinite(sum) ? sum + lost : sum;
}
