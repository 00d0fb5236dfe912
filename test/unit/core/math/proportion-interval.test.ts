import { normalQuantile } from '../../../../core/math/normal-quantile.js';
import { proportionInterval } from '../../../../core/math/proportion-interval.js';

describe('proportionInterval', () => {
  // Newcombe 1998, Statistics in Medicine 17, 857-872, table I, the score method.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('gives the published interval for %p of %p', (successes, n, low, high) => {
    const interval = proportionInterval(successes, n, 0.95);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
    expect(interval).toMatchObject({ value: successes / n, n });
  });

  it('mirrors when successes and failures swap, half successes included', () => {
    const wins = proportionInterval(7.5, 20, 0.9);
    const losses = proportionInterval(12.5, 20, 0.9);
    expect(wins.low).toBeCloseTo(1 - losses.high, 12);
    expect(wins.high).toBeCloseTo(1 - losses.low, 12);
  });

  it('touches 0 and 1 exactly where all failed or all succeeded', () => {
    for (let n = 1; n < 60; n += 1) {
      expect(proportionInterval(0, n, 0.95).low).toBe(0);
      expect(proportionInterval(n, n, 0.95).high).toBe(1);
    }
  });

  it('refuses no trials, more successes than trials and a level of 1', () => {
    expect(() => proportionInterval(0, 0, 0.95)).toThrow('n is 0');
    expect(() => proportionInterval(3, 2, 0.95)).toThrow('number of successes is 3');
    expect(() => proportionInterval(1, 2, 1)).toThrow('confidence level is 1');
  });
});

describe('normalQuantile', () => {
  // From tables of the normal distribution, to 15 digits as Wichura's AS 241 gives them.
  it.each([
    [0.5, 0],
    [0.6, 0.2533471031357998],
    [0.975, 1.9599639845400536],
    [0.995, 2.5758293035489],
    [0.9995, 3.2905267314919255],
  ])('of %p is %p', (probability, z) => {
    expect(normalQuantile(probability)).toBeCloseTo(z, 12);
    expect(normalQuantile(1 - probability)).toBeCloseTo(-z, 12);
  });

  it('refuses 0 and 1', () => {
    expect(() => normalQuantile(0)).toThrow('between 0 and 1');
    expect(() => normalQuantile(1)).toThrow('between 0 and 1');
  });
});
