import { createRng } from '../../../../core/math/rng.js';
import { fitRidgeLogistic, ridgeLogisticCovariance } from '../../../../core/math/ridge-logistic.js';

const sigma = (x: number): number => 1 / (1 + Math.exp(-x));

describe('fitRidgeLogistic', () => {
  it('solves the ridge logistic regression: at the optimum Σ(p − y)x + λw = 0', () => {
    const rng = createRng(5);
    const rows = Array.from({ length: 60 }, () => [rng.normal(), rng.normal(), rng.normal()]);
    const labels = rows.map(([a, b]) => (a - b + rng.normal() > 0 ? 1 : 0));
    const weights = fitRidgeLogistic(rows, labels, 0.5);
    for (let at = 0; at < 3; at += 1) {
      let slope = 0.5 * weights[at];
      rows.forEach((row, index) => {
        slope +=
          (sigma(row[0] * weights[0] + row[1] * weights[1] + row[2] * weights[2]) - labels[index]) * row[at];
      });
      expect(Math.abs(slope)).toBeLessThan(1e-7);
    }
  });
});

describe('ridgeLogisticCovariance', () => {
  const samples = (seed: number): { rows: number[][]; labels: number[] } => {
    const rng = createRng(seed);
    const rows = Array.from({ length: 400 }, () => [rng.normal(), rng.normal()]);
    return { rows, labels: rows.map(([a, b]) => Number(rng.uniform() < sigma(a - 0.5 * b))) };
  };

  it('covers the truth of simulated weights at about the nominal rate', () => {
    let covered = 0;
    for (let seed = 0; seed < 100; seed += 1) {
      const { rows, labels } = samples(seed);
      const weights = fitRidgeLogistic(rows, labels, 0.01);
      const covariance = ridgeLogisticCovariance({ rows, labels, penalty: 0.01, weights });
      covered += Number(Math.abs(weights[0] - 1) <= 1.96 * Math.sqrt(covariance[0]));
    }
    // 100 trials at 95%: three standard deviations are 6.5.
    expect(covered).toBeGreaterThanOrEqual(88);
  });

  it('triples where every sample stands three times and its copies are one cluster', () => {
    const { rows, labels } = samples(1);
    const fit = {
      rows: [...rows, ...rows, ...rows],
      labels: [...labels, ...labels, ...labels],
      penalty: 1e-9,
    };
    const weights = fitRidgeLogistic(fit.rows, fit.labels, fit.penalty);
    const naive = ridgeLogisticCovariance({ ...fit, weights });
    const honest = ridgeLogisticCovariance(
      { ...fit, weights },
      fit.rows.map((_, at) => at % 400),
    );
    expect(honest[0] / naive[0]).toBeCloseTo((3 * (400 / 399)) / (1200 / 1199), 6);
  });
});
