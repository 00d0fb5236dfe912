import { pairedBootstrap } from '../../../../core/math/paired-bootstrap.js';
import { createRng } from '../../../../core/math/rng.js';

describe('pairedBootstrap', () => {
  it('gives the quantiles of the exact resampling distribution of two prompts', () => {
    // Resampled means of (0, 1) are 0, 1/2, 1 with probabilities 1/4, 1/2, 1/4: 40% lie in the middle, 95% reach both ends.
    const differences = Float64Array.of(0, 1);
    const interval = (level: number) =>
      pairedBootstrap({ differences, resamples: 4000, rng: createRng(1), level });
    expect(interval(0.4)).toEqual({ value: 0.5, low: 0.5, high: 0.5, n: 2 });
    expect(interval(0.95)).toEqual({ value: 0.5, low: 0, high: 1, n: 2 });
  });

  it('comes close to the normal interval for many prompts', () => {
    const rng = createRng(2);
    const differences = Float64Array.from({ length: 400 }, () => 0.3 + rng.normal());
    const { value, low, high, n } = pairedBootstrap({
      differences,
      resamples: 4000,
      rng: rng.fork('bootstrap'),
      level: 0.95,
    });
    const variance = differences.reduce((sum, each) => sum + (each - value) ** 2, 0) / n;
    const half = 1.959964 * Math.sqrt(variance / n);
    // The percentile's own error at 4000 resamples is about 2.5% of the half-width: allow four times that.
    expect(Math.abs(high - value - half)).toBeLessThan(0.1 * half);
    expect(Math.abs(value - low - half)).toBeLessThan(0.1 * half);
  });

  it('covers the true mean about as often as it says', () => {
    const rng = createRng(3);
    let covered = 0;
    for (let trial = 0; trial < 200; trial += 1) {
      const differences = Float64Array.from({ length: 50 }, () => rng.normal());
      const { low, high } = pairedBootstrap({
        differences,
        resamples: 300,
        rng: rng.fork(trial),
        level: 0.9,
      });
      if (low <= 0 && high >= 0) covered += 1;
    }
    // 180 expected, standard deviation 4.2; percentile intervals run a little short at n = 50.
    expect(covered).toBeGreaterThan(160);
    expect(covered).toBeLessThan(196);
  });

  it('gives the same interval for the same stream', () => {
    const differences = Float64Array.of(1, -2, 0.5, 3);
    const interval = (seed: number) =>
      pairedBootstrap({ differences, resamples: 500, rng: createRng(seed), level: 0.5 });
    expect(interval(4)).toEqual(interval(4));
  });

  it('refuses an empty sample, a difference that is not a number and a level of 1', () => {
    const input = { differences: Float64Array.of(1), resamples: 10, rng: createRng(1), level: 0.95 };
    expect(() => pairedBootstrap({ ...input, differences: new Float64Array(0) })).toThrow(
      'at least one prompt',
    );
    expect(() => pairedBootstrap({ ...input, differences: Float64Array.of(NaN) })).toThrow(
      'A difference is NaN',
    );
    expect(() => pairedBootstrap({ ...input, resamples: 0 })).toThrow('number of resamples is 0');
    expect(() => pairedBootstrap({ ...input, level: 1 })).toThrow('confidence level is 1');
  });
});
