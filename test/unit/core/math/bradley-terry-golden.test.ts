import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { fitBradleyTerry } from '../../../../core/math/bradley-terry.js';
import type { BradleyTerryFit } from '../../../../core/math/bradley-terry-fit.js';
import { comparisonRows, type Comparisons } from '../../../../core/math/comparisons.js';
import { parameterCovariance, standardErrors } from '../../../../core/math/parameter-covariance.js';
import { AGGREGATION_GOLDEN, aggregationGolden } from '../../../support/aggregation-golden.js';
import { expectClose } from '../../../support/expect-close.js';
import { counted, countedWins } from '../../../support/item-votes.js';
import { describeWithGolden, describeWithSharedData, sharedData } from '../../../support/shared-data.js';

const NO_PRIOR = { strengths: 0 };

function shares(strengths: Float64Array): Float64Array {
  const total = strengths.reduce((sum, strength) => sum + Math.exp(strength), 0);
  return strengths.map((strength) => Math.exp(strength) / total);
}

/** Differences from item 0 and their standard errors. */
function againstFirst(strengths: Float64Array, covariance: Float64Array): { theta: number[]; se: number[] } {
  const size = Math.round(Math.sqrt(covariance.length));
  const items = [...strengths.keys()];
  return {
    theta: items.map((item) => strengths[item] - strengths[0]),
    se: items.map((item) =>
      Math.sqrt(Math.max(0, covariance[item * size + item] + covariance[0] - 2 * covariance[item * size])),
    ),
  };
}

describeWithGolden('fitBradleyTerry on published data', AGGREGATION_GOLDEN, () => {
  it.each(['bt_wikipedia', 'bt_citations'] as const)(
    'gives strengths and both standard errors of %s',
    (name) => {
      const known = aggregationGolden()[name];
      const comparisons = countedWins(4, known.pairs_i_j_wi_wj);
      const fit = fitBradleyTerry(comparisons, { priors: NO_PRIOR });
      expectClose(fit.strengths, known.theta_centred, 1e-9);
      expectClose([fit.logLikelihood], [known.loglik], 1e-12);
      const input = { comparisons, fit, priors: NO_PRIOR };
      expectClose(standardErrors(parameterCovariance(input)), known.se_information_centred, 1e-9);
      expectClose(
        standardErrors(parameterCovariance({ ...input, errors: 'sandwich' })),
        known.se_sandwich_centred,
        1e-9,
      );
    },
  );

  it('gives differences from one journal and their errors', () => {
    const known = aggregationGolden().bt_citations;
    const comparisons = countedWins(4, known.pairs_i_j_wi_wj);
    const fit = fitBradleyTerry(comparisons, { priors: NO_PRIOR });
    const { theta, se } = againstFirst(
      fit.strengths,
      parameterCovariance({ comparisons, fit, priors: NO_PRIOR }),
    );
    expectClose(theta, known.theta_ref0, 1e-8);
    expectClose(se, known.se_ref0, 1e-8);
  });

  it('gives the strengths of a cycle with one win more', () => {
    const { winner_loser, theta } = aggregationGolden().choix_small.cycle_plus_one;
    const votes = winner_loser.map(([first, second]) => ({ first, second, probabilityFirst: 1 }));
    expectClose(fitBradleyTerry(counted(3, votes), { priors: NO_PRIOR }).strengths, theta, 1e-8);
  });

  it('gives the strengths where ties count half, and by Davidson with his ν', () => {
    const known = aggregationGolden().evalica_simple;
    const halves = { left: 1, tie: 0.5, right: 0 };
    const votes = counted(
      5,
      known.rows_left_right_winner.map(([first, second, winner]) => ({
        first,
        second,
        probabilityFirst: halves[winner],
      })),
    );
    expectClose(
      shares(fitBradleyTerry(votes, { priors: NO_PRIOR }).strengths),
      known.bt_ties_half_sum1,
      1e-8,
    );
    const davidson = fitBradleyTerry(votes, { priors: NO_PRIOR, ties: 'davidson' });
    expectClose(shares(davidson.strengths), known.davidson_sum1, 1e-6);
    expectClose([Math.exp(davidson.tie ?? NaN)], [known.davidson_nu], 1e-6);
  });
});

const column = z.array(z.number());

describeWithSharedData('fitBradleyTerry on puddings with ties (Davidson 1970)', 'pudding.json', () => {
  const puddings = (): Comparisons => {
    const { i, j, w_ij, w_ji, t_ij } = z
      .object({ i: column, j: column, w_ij: column, w_ji: column, t_ij: column })
      .parse(JSON.parse(readFileSync(sharedData('pudding.json'), 'utf8')));
    const rows = countedWins(
      6,
      i.map((one, at) => [one - 1, j[at] - 1, w_ij[at], w_ji[at]]),
    );
    return { ...rows, ties: Float64Array.from(t_ij) };
  };

  it('gives Davidson’s, Rao and Kupper’s and half-tie strengths', () => {
    const { davidson, rao_kupper, bt_ties_half } = aggregationGolden().davidson_pudding;
    const fitted = (ties: 'half' | 'davidson' | 'rao_kupper'): BradleyTerryFit =>
      fitBradleyTerry(puddings(), { priors: NO_PRIOR, ties });
    expectClose(shares(fitted('half').strengths), bt_ties_half.pi_sum1, 1e-8);
    expectClose(shares(fitted('davidson').strengths), davidson.pi_sum1, 1e-8);
    expectClose([Math.exp(fitted('davidson').tie ?? NaN)], [davidson.nu], 1e-8);
    expectClose([fitted('davidson').logLikelihood], [davidson.loglik], 1e-9);
    expectClose(shares(fitted('rao_kupper').strengths), rao_kupper.pi_sum1, 1e-7);
    expectClose([Math.exp(fitted('rao_kupper').tie ?? NaN)], [rao_kupper.theta], 1e-8);
    expectClose([fitted('rao_kupper').logLikelihood], [rao_kupper.loglik], 1e-9);
  });
});

describeWithSharedData(
  'fitBradleyTerry on baseball with an order term (Agresti 2002)',
  'baseball.json',
  () => {
    const games = (): Comparisons => {
      const raw = z
        .object({ 'home.team': column, 'away.team': column, 'home.wins': column, 'away.wins': column })
        .parse(JSON.parse(readFileSync(sharedData('baseball.json'), 'utf8')));
      return countedWins(
        7,
        raw['home.team'].map((home, at) => [
          home - 1,
          raw['away.team'][at] - 1,
          raw['home.wins'][at],
          raw['away.wins'][at],
        ]),
      );
    };

    it('gives the strengths with and without the advantage at home, and its error', () => {
      const { model1_no_order: without, model2_order: order } = aggregationGolden().bt_baseball_order;
      const comparisons = games();
      const rows = comparisons.first.length;
      const plain = fitBradleyTerry(comparisons, { priors: NO_PRIOR });
      const { theta, se } = againstFirst(
        plain.strengths,
        parameterCovariance({ comparisons, fit: plain, priors: NO_PRIOR }),
      );
      expectClose(theta, without.theta_ref0, 1e-6);
      expectClose(se, without.se, 1e-7);
      expectClose([plain.logLikelihood], [without.loglik], 1e-9);

      const atHome = {
        ...comparisons,
        terms: { count: 1, width: 1, index: new Int32Array(rows), value: new Float64Array(rows).fill(1) },
      };
      const fit = fitBradleyTerry(atHome, { priors: NO_PRIOR });
      const covariance = parameterCovariance({ comparisons: atHome, fit, priors: NO_PRIOR });
      expectClose(againstFirst(fit.strengths, covariance).theta, order.theta_ref0, 1e-6);
      expectClose(fit.terms, [order.at_home], 1e-6);
      expectClose([standardErrors(covariance)[7]], [order.se_at_home], 1e-7);
      expectClose([2 * (fit.logLikelihood - plain.logLikelihood)], [order.LR_1df], 1e-6);
    });
  },
);

describe('comparisonRows', () => {
  it('keeps every vote as it was given', () => {
    const rows = comparisonRows({
      items: 2,
      first: Int32Array.of(1, 0),
      second: Int32Array.of(0, 1),
      outcome: Float64Array.of(0.25, 0.5),
    });
    expect([...rows.first, ...rows.wins, ...rows.losses, ...rows.ties]).toEqual([
      1, 0, 0.25, 0, 0.75, 0, 0, 1,
    ]);
  });
});
