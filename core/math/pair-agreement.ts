import { invalid } from './argument-checks.js';

/**
 * Share of the pairs of samples within a group that x and y order alike. A pair that both hold for even is ordered alike; one
 * that only one of them holds for even is not.
 * @param x values [sample], finite
 * @param y values [sample], finite
 * @param groups the group of each; pairs across groups are not compared [sample]
 * @returns in [0, 1]; undefined where no group has two samples
 */
export function pairAgreement(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  groups: ArrayLike<number>,
): number | undefined {
  const n = x.length;
  if (y.length !== n || groups.length !== n) {
    throw invalid(`Agreement needs samples of one length, not ${n}, ${y.length} and ${groups.length}.`);
  }
  const members = new Map<number, number[]>();
  let [pairs, alike] = [0, 0];
  for (let at = 0; at < n; at += 1) {
    const others = members.get(groups[at]) ?? [];
    for (const other of others) {
      pairs += 1;
      if (Math.sign(x[at] - x[other]) === Math.sign(y[at] - y[other])) alike += 1;
    }
    members.set(groups[at], [...others, at]);
  }
  return pairs === 0 ? undefined : alike / pairs;
}
