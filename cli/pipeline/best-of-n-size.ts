/**
 * Upper bound, and for many answers the value, of the KL divergence in nats per answer between best-of-n sampling and
 * what it samples from: ln n − (n − 1)/n (Stiennon et al. 2020, arXiv 2009.01325, app. G.3; a bound by Beirami et al.
 * 2024, arXiv 2401.01879).
 */
export function klOfBestOf(n: number): number {
  return Math.log(n) - (n - 1) / n;
}

/** The n from 1 to `most` whose KL is nearest to the given one. */
export function nearestBestOf(kl: number, most: number): number {
  let nearest = 1;
  for (let n = 2; n <= most; n += 1) {
    if (Math.abs(klOfBestOf(n) - kl) < Math.abs(klOfBestOf(nearest) - kl)) nearest = n;
  }
  return nearest;
}
