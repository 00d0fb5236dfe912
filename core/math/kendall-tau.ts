import { invalid } from './argument-checks.js';

/**
 * Kendall's τ-b, the rank correlation that allows for ties: (concordant − discordant pairs) / √((n₀ − n₁)(n₀ − n₂)), with
 * n₀ = n(n − 1)/2 pairs, n₁ and n₂ of them tied in x and in y. In O(n log n) by Knight's method (1966, JASA 61:436):
 * discordant pairs are the exchanges of a merge sort by y after a sort by x.
 * @param x values [sample], finite
 * @param y values [sample], finite
 * @returns in [−1, 1]; undefined where all of x or all of y are alike, since nothing is ranked
 */
export function kendallTau(x: ArrayLike<number>, y: ArrayLike<number>): number | undefined {
  const n = x.length;
  if (y.length !== n) throw invalid(`Kendall's τ needs samples of one length, not ${n} and ${y.length}.`);
  const order = Array.from({ length: n }, (_value, index) => index);
  order.sort((a, b) => x[a] - x[b] || y[a] - y[b]);
  const byX = Float64Array.from(order, (at) => x[at]);
  const ys = Float64Array.from(order, (at) => y[at]);
  const pairs = (n * (n - 1)) / 2;
  const tiedX = tiedPairs(n, (at) => byX[at] === byX[at - 1]);
  const tiedBoth = tiedPairs(n, (at) => byX[at] === byX[at - 1] && ys[at] === ys[at - 1]);
  const discordant = sortCountingExchanges(ys);
  const tiedY = tiedPairs(n, (at) => ys[at] === ys[at - 1]);
  if (pairs === tiedX || pairs === tiedY) return undefined;
  const difference = pairs - tiedX - tiedY + tiedBoth - 2 * discordant;
  return difference / Math.sqrt(pairs - tiedX) / Math.sqrt(pairs - tiedY);
}

/** Pairs within stretches of equal values. */
function tiedPairs(n: number, isLikeBefore: (at: number) => boolean): number {
  let pairs = 0;
  let run = 0;
  for (let at = 1; at < n; at += 1) {
    run = isLikeBefore(at) ? run + 1 : 0;
    pairs += run;
  }
  return pairs;
}

/** Sorts in place, ascending, and returns how many neighbours a bubble sort would have exchanged. */
function sortCountingExchanges(values: Float64Array): number {
  let exchanges = 0;
  let from: Float64Array = values;
  let to: Float64Array = new Float64Array(values.length);
  for (let width = 1; width < values.length; width *= 2) {
    for (let start = 0; start < values.length; start += 2 * width) {
      exchanges += merge(from, to, { start, width });
    }
    [from, to] = [to, from];
  }
  values.set(from);
  return exchanges;
}

function merge(
  from: Float64Array,
  to: Float64Array,
  { start, width }: { readonly start: number; readonly width: number },
): number {
  const middle = Math.min(start + width, from.length);
  const end = Math.min(start + 2 * width, from.length);
  let [left, right, exchanges] = [start, middle, 0];
  for (let at = start; at < end; at += 1) {
    const takesLeft = left < middle && (right >= end || from[left] <= from[right]);
    if (takesLeft) {
      to[at] = from[left];
      left += 1;
    } else {
      to[at] = from[right];
      right += 1;
      exchanges += middle - left;
    }
  }
  return exchanges;
}
