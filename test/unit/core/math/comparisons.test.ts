import { comparisonRows, totalWeight } from '../../../../core/math/comparisons.js';
import { connectedGroups } from '../../../../core/math/connectivity.js';
import { fitBradleyTerry } from '../../../../core/math/bradley-terry.js';
import { newmanStart } from '../../../../core/math/newman-start.js';
import { createRng } from '../../../../core/math/rng.js';
import { expectClose } from '../../../support/expect-close.js';
import { counted, itemVotes, type WrittenVote } from '../../../support/item-votes.js';

const votes: WrittenVote[] = [
  { first: 2, second: 0, probabilityFirst: 1 },
  { first: 0, second: 2, probabilityFirst: 0.25, weight: 2 },
  { first: 1, second: 2, probabilityFirst: 0.5 },
];

describe('countComparisons', () => {
  it('puts both ways round of a pair into one row, by the lower item, with ties apart', () => {
    const { first, second, wins, losses, ties } = counted(3, votes);
    expect([...first, ...second]).toEqual([0, 1, 2, 2]);
    expect([...wins, ...losses, ...ties]).toEqual([0.5, 0, 2.5, 0, 0, 1]);
    expect(totalWeight(counted(3, votes))).toBe(4);
  });

  it('holds the same weight as rows of single votes', () => {
    expect(totalWeight(comparisonRows(itemVotes(3, votes)))).toBe(4);
  });
});

describe('connectedGroups', () => {
  it('numbers groups by their first item, one for each item that nobody compared', () => {
    const { count, groupOf } = connectedGroups(
      counted(6, [
        { first: 5, second: 1, probabilityFirst: 1 },
        { first: 4, second: 0, probabilityFirst: 1 },
        { first: 3, second: 5, probabilityFirst: 1 },
      ]),
    );
    expect(count).toBe(3);
    expect([...groupOf]).toEqual([0, 1, 2, 1, 0, 1]);
  });

  it('does not depend on the order of rows', () => {
    const rng = createRng(4);
    const many = Array.from({ length: 30 }, () => ({
      first: rng.integer(40),
      second: 40 + rng.integer(40),
      probabilityFirst: 1,
    }));
    expect(connectedGroups(counted(80, many))).toEqual(connectedGroups(counted(80, rng.shuffle(many))));
  });
});

describe('newmanStart', () => {
  it('comes near the optimum of items that meet often', () => {
    const rng = createRng(5);
    const strong = Array.from({ length: 40 }, () => rng.normal());
    const many = Array.from({ length: 20_000 }, () => {
      const first = rng.integer(40);
      const second = (first + 1 + rng.integer(39)) % 40;
      return {
        first,
        second,
        probabilityFirst: Number(rng.uniform() < 1 / (1 + Math.exp(strong[second] - strong[first]))),
      };
    });
    const comparisons = counted(40, many);
    const { strengths, iterations } = fitBradleyTerry(comparisons, { priors: { strengths: 0 } });
    expectClose(newmanStart(comparisons, 0), strengths, 1e-5);
    expect(iterations).toBeLessThan(3);
  });

  it('stays at 0 for rows in another order, and where an item won everything and there is no prior', () => {
    const rows = comparisonRows(itemVotes(3, votes));
    expect([...newmanStart(rows, 0.1)]).toEqual([0, 0, 0]);
    const won = counted(2, [{ first: 0, second: 1, probabilityFirst: 1 }]);
    expect([...newmanStart(won, 0)]).toEqual([0, 0]);
    expect(newmanStart(won, 0.1)[0]).toBeGreaterThan(0.5);
  });
});
