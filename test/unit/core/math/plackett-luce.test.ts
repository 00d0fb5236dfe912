import { choicesOfRankings, fitPlackettLuce } from '../../../../core/math/plackett-luce.js';
import { fitBradleyTerry } from '../../../../core/math/bradley-terry.js';
import { AGGREGATION_GOLDEN, aggregationGolden } from '../../../support/aggregation-golden.js';
import { expectClose } from '../../../support/expect-close.js';
import { counted } from '../../../support/item-votes.js';
import { describeWithGolden } from '../../../support/shared-data.js';

describeWithGolden('fitPlackettLuce on known answers', AGGREGATION_GOLDEN, () => {
  it('gives the strengths of partial rankings and of choices from sets', () => {
    const { plackett_luce, top1 } = aggregationGolden().choix_small;
    const ranked = fitPlackettLuce(choicesOfRankings(4, plackett_luce.rankings), 0);
    // The file's strengths are right to 3e-5; these are SciPy's BFGS to a gradient of 1e-10, of higher likelihood.
    expectClose(ranked.strengths, plackett_luce.theta, 3e-5);
    expectClose(ranked.strengths, [-0.4433085, 0.69506788, -0.67060959, 0.41885021], 1e-7);
    const sets = top1.choices.map(([chosen, others]) => [chosen, ...others]);
    const start = new Int32Array(sets.length + 1);
    sets.forEach((set, at) => (start[at + 1] = start[at] + set.length));
    const choices = { items: 3, start, members: Int32Array.from(sets.flat()) };
    expectClose(fitPlackettLuce(choices, 0).strengths, top1.theta, 1e-7);
  });
});

describe('fitPlackettLuce', () => {
  it('is Bradley-Terry for rankings of two', () => {
    const rankings = [[0, 1], [0, 1], [1, 2], [2, 0], [2, 1]]; // prettier-ignore
    const votes = rankings.map(([first, second]) => ({ first, second, probabilityFirst: 1 }));
    const pairwise = fitBradleyTerry(counted(3, votes), { priors: { strengths: 0.5 } });
    const ranked = fitPlackettLuce(choicesOfRankings(3, rankings), 0.5);
    expectClose(ranked.strengths, pairwise.strengths, 1e-8);
    expect(ranked.logLikelihood).toBeCloseTo(pairwise.logLikelihood, 9);
  });

  it('refuses a set of one, a repeated item, an unknown item, and an item that is always last', () => {
    expect(() => fitPlackettLuce(choicesOfRankings(3, [[0, 0]]), 1)).toThrow('two or more different items');
    expect(() => fitPlackettLuce(choicesOfRankings(3, [[0, 3]]), 1)).toThrow('names item 3');
    expect(() => fitPlackettLuce(choicesOfRankings(2, [[0, 1]]), 0)).toThrow('item 1 and its like never won');
  });
});
