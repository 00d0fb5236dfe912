import { macroProportion } from '../../../../core/math/macro-proportion.js';
import { proportionInterval } from '../../../../core/math/proportion-interval.js';

describe('macroProportion', () => {
  // By Python from Wilson's limits of 10/10 (0.72247 to 1) and 8/10 (0.49016 to 0.94332), squared and added.
  it('squares and adds the distances of two proportions', () => {
    const mean = macroProportion([proportionInterval(10, 10, 0.95), proportionInterval(8, 10, 0.95)]);
    expect(mean.value).toBeCloseTo(0.9, 12);
    expect(mean.low).toBeCloseTo(0.6920193824872034, 9);
    expect(mean.high).toBeCloseTo(0.9716589242728124, 9);
    expect(mean.n).toBe(20);
  });

  it('is the proportion itself where there is one stratum', () => {
    const one = proportionInterval(15, 148, 0.95);
    const mean = macroProportion([one]);
    expect(mean.low).toBeCloseTo(one.low, 12);
    expect(mean.high).toBeCloseTo(one.high, 12);
  });

  it('counts a small stratum as much as a large one', () => {
    const { value } = macroProportion([proportionInterval(100, 100, 0.95), proportionInterval(0, 2, 0.95)]);
    expect(value).toBe(0.5);
  });

  it('covers the true mean at its level where strata are extreme', () => {
    // Exact: binomials of 12 trials at 0.95 and 0.7, all outcomes weighed by their probability.
    const binomial = (n: number, k: number, p: number): number => {
      let ways = 1;
      for (let at = 0; at < k; at += 1) ways = (ways * (n - at)) / (at + 1);
      return ways * p ** k * (1 - p) ** (n - k);
    };
    let covered = 0;
    for (let a = 0; a <= 12; a += 1) {
      for (let b = 0; b <= 12; b += 1) {
        const { low, high } = macroProportion([
          proportionInterval(a, 12, 0.95),
          proportionInterval(b, 12, 0.95),
        ]);
        if (low <= 0.825 && high >= 0.825) covered += binomial(12, a, 0.95) * binomial(12, b, 0.7);
      }
    }
    expect(covered).toBeGreaterThan(0.93);
  });

  it('refuses to average nothing', () => {
    expect(() => macroProportion([])).toThrow('at least one');
  });
});
