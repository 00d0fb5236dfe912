import { propagateExpectations } from '../../../../core/math/expectation-propagation.js';
import { AGGREGATION_GOLDEN, aggregationGolden } from '../../../support/aggregation-golden.js';
import { expectClose } from '../../../support/expect-close.js';
import { describeWithGolden } from '../../../support/shared-data.js';

function votesOf(pairs: readonly (readonly [number, number])[]): { winners: Int32Array; losers: Int32Array } {
  return {
    winners: Int32Array.from(pairs, ([winner]) => winner),
    losers: Int32Array.from(pairs, ([, loser]) => loser),
  };
}

describeWithGolden('propagateExpectations on known answers', AGGREGATION_GOLDEN, () => {
  it.each([
    // choix approximates the logistic function by five normal ones, which moves these means by up to 0.00135.
    ['logit', 'logit_posterior_mean', 1.5],
    ['probit', 'probit_posterior_mean_thurstone', 1],
  ] as const)('gives the posterior means of a chain under %s', (link, name, slack) => {
    const golden = aggregationGolden().gaussian_ep;
    const options = { priorVariance: golden.prior_variance, link };
    const { mean } = propagateExpectations(4, votesOf(golden.winner_loser), options);
    golden[name].forEach((known, item) => {
      expect(Math.abs(mean[item] - known)).toBeLessThan(slack * golden.atol);
    });
  });
});

describe('propagateExpectations', () => {
  it('agrees with moments by adaptive quadrature (SciPy) under the logistic function', () => {
    const votes = votesOf([[3, 2], [2, 1], [1, 0]]); // prettier-ignore
    const { mean } = propagateExpectations(4, votes, { priorVariance: 8, link: 'logit' });
    expectClose(mean, [-2.25011096, -0.54346537, 0.54346537, 2.25011096], 1e-8);
  });

  it('is exact for one vote under probit: truncation of the lead by hand', () => {
    // Prior lead N(0, 2), seen through Φ: mean 2·φ(0)/Φ(0)/√3, variance 2 − (8/π)/3… by Gaussian conditioning.
    const { mean, covariance } = propagateExpectations(2, votesOf([[0, 1]]), {
      priorVariance: 1,
      link: 'probit',
    });
    const slope = Math.sqrt(2 / Math.PI) / Math.sqrt(3);
    expect(mean[0] - mean[1]).toBeCloseTo(2 * slope, 9);
    expect(covariance[0] + covariance[3] - 2 * covariance[1]).toBeCloseTo(2 - 4 * slope * slope, 9);
  });

  it('stays finite where one item beats another a hundred times', () => {
    const pairs = Array.from({ length: 100 }, (): [number, number] => [0, 1]);
    for (const link of ['logit', 'probit'] as const) {
      const { mean, covariance } = propagateExpectations(3, votesOf(pairs), { priorVariance: 10, link });
      expect(mean[0]).toBeGreaterThan(1);
      expect([...mean, ...covariance].every(Number.isFinite)).toBe(true);
      expect(covariance[8]).toBeCloseTo(10, 9);
    }
  });
});
