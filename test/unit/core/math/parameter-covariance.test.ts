import { fitBradleyTerry } from '../../../../core/math/bradley-terry.js';
import { comparisonRows, countComparisons } from '../../../../core/math/comparisons.js';
import { parameterCovariance, standardErrors } from '../../../../core/math/parameter-covariance.js';
import { createRng } from '../../../../core/math/rng.js';
import { rowsThatDecide, voteInfluence } from '../../../../core/math/vote-influence.js';
import { expectClose } from '../../../support/expect-close.js';
import { counted, itemVotes, type WrittenVote } from '../../../support/item-votes.js';

const priors = { strengths: 0.1 };

function randomVotes(items: number, count: number, seed: number): WrittenVote[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => {
    const [first, second] = rng.shuffle(Array.from({ length: items }, (_, item) => item));
    return { first, second, probabilityFirst: rng.integer(2) };
  });
}

describe('parameterCovariance', () => {
  it('agrees with a case worked out by hand', () => {
    // Two items, 3 wins each way, no prior: information of the difference 6·¼; each strength is half of it.
    const comparisons = counted(2, [
      { first: 0, second: 1, probabilityFirst: 1, weight: 3 },
      { first: 0, second: 1, probabilityFirst: 0, weight: 3 },
    ]);
    const fit = fitBradleyTerry(comparisons, { priors: { strengths: 0 } });
    const errors = standardErrors(parameterCovariance({ comparisons, fit, priors: { strengths: 0 } }));
    const byHand = Math.sqrt(1 / 1.5) / 2;
    expectClose(errors, [byHand, byHand], 1e-9);
  });

  it('has the same sandwich for votes in rows of their own as for counted ones', () => {
    const votes = itemVotes(4, randomVotes(4, 40, 2));
    const rows = comparisonRows(votes);
    const counts = countComparisons(votes);
    const [one, other] = [rows, counts].map((comparisons) =>
      parameterCovariance({
        comparisons,
        fit: fitBradleyTerry(comparisons, { priors }),
        priors,
        errors: 'sandwich',
      }),
    );
    expectClose(one, other, 1e-8);
  });

  it('with every vote its own cluster is the sandwich times n/(n − 1)', () => {
    const comparisons = comparisonRows(itemVotes(4, randomVotes(4, 40, 3)));
    const fit = fitBradleyTerry(comparisons, { priors });
    const input = { comparisons, fit, priors, errors: 'sandwich' } as const;
    const clustered = parameterCovariance({
      ...input,
      clusterOf: Int32Array.from({ length: 40 }, (_, row) => row),
    });
    expectClose(
      clustered,
      parameterCovariance(input).map((entry) => (entry * 40) / 39),
      1e-9,
    );
  });

  it('grows by the root of the copies where every vote is copied and the copies are a cluster', () => {
    const votes = randomVotes(4, 60, 4);
    const copies = [votes, votes, votes].flat();
    const comparisons = comparisonRows(itemVotes(4, copies));
    const fit = fitBradleyTerry(comparisons, { priors: { strengths: 1e-6 } });
    const input = { comparisons, fit, priors: { strengths: 1e-6 }, errors: 'sandwich' } as const;
    const clusterOf = Int32Array.from(copies, (_, row) => row % 60);
    const naive = standardErrors(parameterCovariance(input));
    const honest = standardErrors(parameterCovariance({ ...input, clusterOf }));
    expectClose(
      honest,
      naive.map((error) => error * Math.sqrt(3 * (60 / 59))),
      1e-5,
    );
  });

  it('refuses one cluster, since nothing then varies', () => {
    const comparisons = comparisonRows(itemVotes(3, randomVotes(3, 10, 5)));
    const fit = fitBradleyTerry(comparisons, { priors });
    const clusterOf = new Int32Array(10);
    expect(() => parameterCovariance({ comparisons, fit, priors, errors: 'sandwich', clusterOf })).toThrow(
      'two clusters',
    );
  });

  it.each(['davidson', 'rao_kupper'] as const)(
    'gives the tie parameter the variance that a weak prior shows, under %s',
    (ties) => {
      const written = randomVotes(3, 30, 6).map((vote, at) =>
        at % 3 === 0 ? { ...vote, probabilityFirst: 0.5 } : vote,
      );
      const comparisons = counted(3, written);
      const fit = fitBradleyTerry(comparisons, { priors, ties });
      const covariance = parameterCovariance({ comparisons, fit, priors, ties });
      const pulled = (pull: number): number => {
        const stronger = fitBradleyTerry(comparisons, { priors: { ...priors, tie: pull }, ties });
        return stronger.tie ?? NaN;
      };
      // d tie / d precision at 0 is −variance·tie.
      const slope = (pulled(1e-5) - (fit.tie ?? NaN)) / 1e-5;
      expect(-slope / (fit.tie ?? NaN)).toBeCloseTo(covariance[15], 4);
    },
  );
});

describe('voteInfluence', () => {
  const votes = randomVotes(5, 400, 7);
  const comparisons = comparisonRows(itemVotes(5, votes));
  const fit = fitBradleyTerry(comparisons, { priors });
  const contrast = { better: 0, worse: 1 };
  const influence = voteInfluence({ comparisons, fit, priors }, contrast);

  it('foretells what leaving a vote out does', () => {
    const lead = fit.strengths[0] - fit.strengths[1];
    for (const left of [0, 17, 301]) {
      const without = fitBradleyTerry(
        counted(
          5,
          votes.filter((_, at) => at !== left),
        ),
        { priors },
      );
      const change = without.strengths[0] - without.strengths[1] - lead;
      expect(Math.abs(influence[left] - change)).toBeLessThan(0.02 * Math.abs(change) + 1e-6);
    }
  });

  it('names the fewest votes whose loss should turn the two round, and their loss does', () => {
    const [better, worse] = fit.strengths[0] > fit.strengths[1] ? [0, 1] : [1, 0];
    const effects = voteInfluence({ comparisons, fit, priors }, { better, worse });
    const rows = rowsThatDecide(effects, fit.strengths[better] - fit.strengths[worse]) ?? [];
    expect(rows.length).toBeGreaterThan(0);
    const keep = (count: number): WrittenVote[] =>
      votes.filter((_, at) => !rows.slice(0, count).includes(at));
    const after = fitBradleyTerry(counted(5, keep(rows.length + 1)), { priors });
    expect(after.strengths[better] - after.strengths[worse]).toBeLessThan(0.01);
    expect(rowsThatDecide(Float64Array.of(0.5, 0.1), 3)).toBeUndefined();
  });
});
