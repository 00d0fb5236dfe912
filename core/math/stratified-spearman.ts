import { invalid } from './argument-checks.js';

/** Paired values of one stratum, of one length. */
export interface Stratum {
  /** [sample], finite */
  readonly x: ArrayLike<number>;
  /** [sample], finite */
  readonly y: ArrayLike<number>;
}

/**
 * Spearman's ρ within strata: ranks are taken and centred in each stratum, and their products are pooled over all of
 * them, so that what differs from stratum to stratum does not enter (Taylor 1987, Biometrics 43:409, on rank correlation
 * with a blocking variable). Ties share their mean rank. A stratum in which x or y does not vary ranks nothing and is
 * left out.
 * @returns in [−1, 1]; undefined where no stratum is left
 */
export function stratifiedSpearman(strata: readonly Stratum[]): number | undefined {
  let [both, xs, ys] = [0, 0, 0];
  for (const { x, y } of strata) {
    if (x.length !== y.length) {
      throw invalid(`Spearman's ρ needs samples of one length, not ${x.length} and ${y.length}.`);
    }
    const [a, b] = [centredRanks(x), centredRanks(y)];
    const [squaresA, squaresB] = [product(a, a), product(b, b)];
    if (squaresA === 0 || squaresB === 0) continue;
    both += product(a, b);
    xs += squaresA;
    ys += squaresB;
  }
  return xs === 0 ? undefined : both / Math.sqrt(xs * ys);
}

/** Ranks from 1, ties at their mean, minus the mean of all ranks. */
function centredRanks(values: ArrayLike<number>): Float64Array {
  const n = values.length;
  const order = Array.from({ length: n }, (_value, index) => index).sort((a, b) => values[a] - values[b]);
  const ranks = new Float64Array(n);
  for (let start = 0; start < n;) {
    let end = start + 1;
    while (end < n && values[order[end]] === values[order[start]]) end += 1;
    for (const at of order.slice(start, end)) ranks[at] = (start + end - n) / 2;
    start = end;
  }
  return ranks;
}

function product(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, at) => sum + value * b[at], 0);
}
