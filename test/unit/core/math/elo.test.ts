import { eloRatings } from '../../../../core/math/elo.js';
import { AGGREGATION_GOLDEN, aggregationGolden } from '../../../support/aggregation-golden.js';
import { expectClose } from '../../../support/expect-close.js';
import { itemVotes } from '../../../support/item-votes.js';
import { describeWithGolden } from '../../../support/shared-data.js';

describeWithGolden('eloRatings on known answers', AGGREGATION_GOLDEN, () => {
  it.each([
    [4, 'elo_k4_init1000_scale400_in_row_order'],
    [30, 'elo_k30'],
  ] as const)('gives the ratings after the rows in their order, with k = %p', (k, name) => {
    const golden = aggregationGolden().evalica_simple;
    const outcome = { left: 1, tie: 0.5, right: 0 };
    const votes = golden.rows_left_right_winner.map(([first, second, winner]) => ({
      first,
      second,
      probabilityFirst: outcome[winner],
    }));
    expectClose(eloRatings(itemVotes(5, votes), { k }), golden[name], 1e-12);
  });
});

describe('eloRatings', () => {
  it('moves both by half of k for a win among equals', () => {
    const votes = itemVotes(2, [{ first: 0, second: 1, probabilityFirst: 1 }]);
    expect([...eloRatings(votes, { k: 32, initial: 0 })]).toEqual([16, -16]);
  });
});
