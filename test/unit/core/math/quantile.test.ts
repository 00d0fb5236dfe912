import { quantile } from '../../../../core/math/quantile.js';
import { mathFixture } from '../../../support/math-fixture.js';

describe('quantile', () => {
  it('interpolates between order statistics, as worked out by hand', () => {
    // Position 3 · 0.25 = 0.75 between 10 and 20.
    expect(quantile([10, 20, 30, 40], 0.25)).toBe(17.5);
    expect(quantile([10, 20, 30], 0.5)).toBe(20);
    expect(quantile([7], 0.9)).toBe(7);
  });

  it.each(mathFixture.sample.quantiles)('agrees with NumPy at %p', (probability, expected) => {
    const sorted = Float64Array.from(mathFixture.sample.values).sort();
    expect(quantile(sorted, probability)).toBeCloseTo(expected, 12);
  });

  it('refuses an empty sample and a probability above 1', () => {
    expect(() => quantile([], 0.5)).toThrow('empty sample');
    expect(() => quantile([1], 1.1)).toThrow('probability of a quantile is 1.1');
  });
});
