import { clusterBootstrap, type WeightedFigure } from '../../../../core/math/cluster-bootstrap.js';
import { createRng } from '../../../../core/math/rng.js';

function meanOf(values: readonly number[]): WeightedFigure {
  return (weights) => {
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return values.reduce((sum, value, at) => sum + weights[at] * value, 0) / total;
  };
}
const options = { resamples: 2000, level: 0.95 };

describe('clusterBootstrap', () => {
  it('has the width of independent clusters, not of rows', () => {
    // 50 clusters of 8 equal rows: half of them 0 and half 1, so that the standard error is ½/√50.
    const clusters = Int32Array.from({ length: 400 }, (_, row) => Math.floor(row / 8));
    const values = Array.from(clusters, (cluster) => cluster % 2);
    const { mean } = clusterBootstrap({ mean: meanOf(values) }, { ...options, clusters, rng: createRng(1) });
    expect(mean).toMatchObject({ value: 0.5, n: 50 });
    expect((mean?.high ?? 0) - (mean?.low ?? 0)).toBeCloseTo(2 * 1.96 * (0.5 / Math.sqrt(50)), 1);
  });

  it('resamples all figures together, and leaves out one that the rows do not decide', () => {
    const clusters = Int32Array.from({ length: 30 }, (_, row) => row);
    const values = Array.from(clusters, (cluster) => cluster);
    const found = clusterBootstrap(
      { mean: meanOf(values), twice: meanOf(values.map((value) => 2 * value)), never: () => undefined },
      { ...options, clusters, rng: createRng(1) },
    );
    expect(found.twice?.low).toBeCloseTo(2 * (found.mean?.low ?? NaN), 9);
    expect(found).not.toHaveProperty('never');
  });

  it('moves the draws of a figure that resampling raises to where the figure is', () => {
    const clusters = Int32Array.from({ length: 20 }, (_, row) => row);
    // The largest weight of a resample is about 3, and 1 of the rows as they are.
    const most: WeightedFigure = (weights) => Math.max(...weights);
    const input = { ...options, clusters, rng: createRng(1) };
    expect(clusterBootstrap({ most }, input).most).toMatchObject({ value: 1, low: 2 });
    const moved = clusterBootstrap({ most }, { ...input, recentred: new Set(['most']) }).most;
    expect(moved?.low).toBeLessThanOrEqual(1);
    expect(moved?.high).toBeGreaterThanOrEqual(1);
  });

  it('refuses no rows', () => {
    const input = { ...options, clusters: new Int32Array(), rng: createRng(1) };
    expect(() => clusterBootstrap({ mean: meanOf([]) }, input)).toThrow('at least one row');
  });
});
