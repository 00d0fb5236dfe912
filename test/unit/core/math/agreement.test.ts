import { cohenKappa, cohenKappaError, fleissKappa } from '../../../../core/math/agreement.js';
import { normalQuantile } from '../../../../core/math/normal-quantile.js';
import { AGGREGATION_GOLDEN, aggregationGolden } from '../../../support/aggregation-golden.js';
import { describeWithGolden } from '../../../support/shared-data.js';

describeWithGolden('agreement of raters, against published numbers', AGGREGATION_GOLDEN, () => {
  it("gives Cohen's kappa of the SAS manual's table, its error, interval and linear weights", () => {
    const { table, kappa, ase, ci, linear_weighted } = aggregationGolden().kappa.cohen_sas;
    expect(cohenKappa(table)).toBeCloseTo(kappa, 12);
    expect(cohenKappa(table, 'linear')).toBeCloseTo(linear_weighted, 12);
    const error = cohenKappaError(table) ?? NaN;
    expect(error).toBeCloseTo(ase, 3);
    const half = normalQuantile(0.975) * error;
    expect(kappa - half).toBeCloseTo(ci[0], 4);
    expect(kappa + half).toBeCloseTo(ci[1], 4);
  });

  it("gives Fleiss's kappa of fourteen raters", () => {
    const { counts, kappa } = aggregationGolden().kappa.fleiss_wikipedia;
    expect(fleissKappa(counts)).toBeCloseTo(kappa, 12);
  });
});

describe('cohenKappa', () => {
  it('is by hand 0.4 where raters agree on 35 of 50, and on half by chance', () => {
    // The usual textbook table: po = 35/50, pe = (25·30 + 25·20)/50² = 0.5.
    expect(
      cohenKappa([
        [20, 5],
        [10, 15],
      ]),
    ).toBeCloseTo(0.4, 12);
  });

  it('is 1 for raters who always agree and at most 0 for raters who never do', () => {
    expect(
      cohenKappa([
        [3, 0],
        [0, 4],
      ]),
    ).toBe(1);
    expect(
      cohenKappa([
        [0, 4],
        [4, 0],
      ]),
    ).toBe(-1);
  });

  it('is undefined, and no number, without units or with one category only', () => {
    expect(cohenKappa([[0, 0], [0, 0]])).toBeUndefined(); // prettier-ignore
    expect(cohenKappa([[7, 0], [0, 0]])).toBeUndefined(); // prettier-ignore
  });
});

describe('fleissKappa', () => {
  it('is by hand 1/3 for two raters who agree on two of three units', () => {
    // Ratings aa, ab, bb: observed 2/3, expected ½² + ½².
    expect(fleissKappa([[2, 0], [1, 1], [0, 2]])).toBeCloseTo(1 / 3, 12); // prettier-ignore
  });

  it('does not count units that one rater rated alone, and is undefined without others', () => {
    expect(fleissKappa([[2, 0], [1, 1], [0, 2], [1, 0]])).toBeCloseTo(1 / 3, 12); // prettier-ignore
    expect(fleissKappa([[1, 0], [0, 1]])).toBeUndefined(); // prettier-ignore
    expect(fleissKappa([[3, 0], [3, 0]])).toBeUndefined(); // prettier-ignore
  });
});

describe('cohenKappa with quadratic weights', () => {
  it('is by hand ½: a difference of two of three steps costs four times one of one', () => {
    // Marginals (½, 0, ½) each; disagreement 2·¼·¼ by one step each way… observed Σ p·d² = ½·(1/4), expected ½·1.
    const table = [[1, 1, 0], [0, 0, 0], [0, 1, 1]]; // prettier-ignore
    const observed = 2 * 0.25 * 0.25;
    const expected = 0.5 * 0.5 * 0.25 * 2 + 2 * 0.5 * 0.25;
    expect(cohenKappa(table, 'quadratic')).toBeCloseTo(1 - observed / expected, 12);
  });
});
