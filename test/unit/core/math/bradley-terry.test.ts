import type { BradleyTerryFit } from '../../../../core/math/bradley-terry-fit.js';
import { fitBradleyTerry } from '../../../../core/math/bradley-terry.js';
import { createRng } from '../../../../core/math/rng.js';
import { expectClose } from '../../../support/expect-close.js';
import { mathFixture } from '../../../support/math-fixture.js';
import { counted, countedWins, type WrittenVote } from '../../../support/item-votes.js';

/** The fit of written votes, counted, under a prior on the strengths alone. */
function fitVotes(input: {
  items: number;
  votes: readonly WrittenVote[];
  priorPrecision: number;
}): BradleyTerryFit {
  return fitBradleyTerry(counted(input.items, input.votes), { priors: { strengths: input.priorPrecision } });
}

function randomVotes(items: number, count: number, seed: number): WrittenVote[] {
  const rng = createRng(seed);
  return Array.from({ length: count }, () => {
    const [first, second] = rng.shuffle(Array.from({ length: items }, (_, item) => item));
    return { first, second, probabilityFirst: rng.uniform(), weight: rng.uniform() };
  });
}

describe('fitBradleyTerry', () => {
  it('agrees with a case worked out by hand', () => {
    // Two items: the gradient 1·(σ(2θ) − 1) + λθ = 0 with θ = (t, −t); λ chosen so that t = ½ solves it.
    const priorPrecision = (1 - 1 / (1 + Math.exp(-1))) / 0.5;
    const fit = fitVotes({
      items: 2,
      votes: [{ first: 0, second: 1, probabilityFirst: 1 }],
      priorPrecision,
    });
    expectClose(fit.strengths, [0.5, -0.5], 1e-9);
    expect(fit.logLikelihood).toBeCloseTo(-Math.log(1 + Math.exp(-1)), 9);
  });

  it('agrees with L-BFGS in PyTorch for soft weighted votes', () => {
    const { items, priorPrecision, votes, strengths } = mathFixture.bradleyTerry;
    const fit = fitVotes({
      items,
      priorPrecision,
      votes: votes.map(([first, second, probabilityFirst, weight]) => ({
        first,
        second,
        probabilityFirst,
        weight,
      })),
    });
    expectClose(fit.strengths, strengths, 1e-8);
  });

  it('stops at a gradient of zero after a few steps', () => {
    const fit = fitVotes({ items: 8, votes: randomVotes(8, 28, 1), priorPrecision: 0.1 });
    expect(fit.gradientNorm).toBeLessThan(1e-9);
    expect(fit.iterations).toBeLessThan(10);
  });

  it('centres the strengths on 0', () => {
    const { strengths } = fitVotes({ items: 5, votes: randomVotes(5, 20, 2), priorPrecision: 0.2 });
    expect(strengths.reduce((sum, strength) => sum + strength, 0)).toBeCloseTo(0, 9);
  });

  it('permutes with its items', () => {
    const votes = randomVotes(5, 20, 3);
    const order = [3, 0, 4, 1, 2];
    const fit = fitVotes({ items: 5, votes, priorPrecision: 0.2 });
    const permuted = fitVotes({
      items: 5,
      votes: votes.map((vote) => ({ ...vote, first: order[vote.first], second: order[vote.second] })),
      priorPrecision: 0.2,
    });
    expectClose(
      order.map((to) => permuted.strengths[to]),
      fit.strengths,
      1e-8,
    );
  });

  it('does not change when a vote is turned round, or given as two halves', () => {
    const votes = randomVotes(4, 12, 4);
    const fit = fitVotes({ items: 4, votes, priorPrecision: 0.2 });
    const turned = votes.map(({ first, second, probabilityFirst, weight }) => ({
      first: second,
      second: first,
      probabilityFirst: 1 - probabilityFirst,
      weight: weight ?? 1,
    }));
    const halves = votes.map((vote) => ({ ...vote, weight: (vote.weight ?? 1) / 2 }));
    for (const same of [turned, [...halves, ...halves]]) {
      expectClose(fitVotes({ items: 4, votes: same, priorPrecision: 0.2 }).strengths, fit.strengths, 1e-8);
    }
  });

  it('gives the same bits every time', () => {
    const input = { items: 6, votes: randomVotes(6, 30, 5), priorPrecision: 0.3 };
    expect(fitVotes(input)).toEqual(fitVotes(input));
  });

  it('gives equal strengths for ties only, and 0 to an item that nobody compared', () => {
    const tie = { probabilityFirst: 0.5, weight: 3 };
    const ties = [
      { first: 0, second: 1, ...tie },
      { first: 1, second: 2, ...tie },
    ];
    expect([...fitVotes({ items: 4, votes: ties, priorPrecision: 0.1 }).strengths]).toEqual([0, 0, 0, 0]);
    const won = [{ first: 0, second: 1, probabilityFirst: 1 }];
    expect(fitVotes({ items: 3, votes: won, priorPrecision: 0.1 }).strengths[2]).toBe(0);
  });

  it.each([1, 1e3, 1e8])('stays finite for an item that won every one of %p votes', (weight) => {
    const votes = [
      { first: 0, second: 1, probabilityFirst: 1, weight },
      { first: 0, second: 2, probabilityFirst: 1, weight },
    ];
    const { strengths } = fitVotes({ items: 3, votes, priorPrecision: 1e-3 });
    expect(strengths[0]).toBeGreaterThan(2);
    expect(strengths[1]).toBeCloseTo(strengths[2], 8);
    expect(strengths.every(Number.isFinite)).toBe(true);
  });

  it.each([
    [{ first: 0, second: 3, probabilityFirst: 1 }, 'names item 3'],
    [{ first: 1, second: 1, probabilityFirst: 1 }, 'item 1 with itself'],
    [{ first: 0, second: 1, probabilityFirst: NaN }, 'probability of vote 0 is NaN'],
    [{ first: 0, second: 1, probabilityFirst: 1, weight: -1 }, 'weight of vote 0 is -1'],
  ])('refuses the vote %p', (vote, message) => {
    expect(() => fitVotes({ items: 3, votes: [vote], priorPrecision: 1 })).toThrow(message);
  });
});

describe('fitBradleyTerry without a prior', () => {
  const fit = (items: number, wins: Parameters<typeof countedWins>[1]): BradleyTerryFit =>
    fitBradleyTerry(countedWins(items, wins), { priors: { strengths: 0 } });

  it('gives the log-odds of two items', () => {
    expectClose(fit(2, [[0, 1, 3, 1]]).strengths, [Math.log(3) / 2, -Math.log(3) / 2], 1e-9);
  });

  it('refuses comparisons that fall into groups, and names items of two', () => {
    expect(() => fit(4, [[0, 1, 1, 1], [2, 3, 1, 1]])).toThrow('2 groups: none leads from item 0 to item 2'); // prettier-ignore
  });

  it('refuses an item that never lost and one that never won', () => {
    expect(() => fit(3, [[0, 1, 2, 1], [0, 2, 4, 0], [1, 2, 1, 0]])).toThrow('item 2 and its like never won'); // prettier-ignore
    expect(() => fit(3, [[0, 1, 2, 1], [0, 2, 0, 4], [1, 2, 0, 1]])).toThrow('never won against others, such as item 2'); // prettier-ignore
  });

  it('takes a tie for a win of both', () => {
    const tied = { ...countedWins(2, [[0, 1, 3, 0]]), ties: Float64Array.of(2) };
    expectClose(
      fitBradleyTerry(tied, { priors: { strengths: 0 } }).strengths,
      [Math.log(4) / 2, -Math.log(4) / 2],
      1e-9,
    );
  });
});

describe('fitBradleyTerry with many groups', () => {
  it('gives each group what it has alone, whatever the others are', () => {
    const votes = randomVotes(6, 40, 8);
    const alone = fitVotes({ items: 6, votes, priorPrecision: 0.3 });
    const shifted = randomVotes(5, 30, 9).map((vote) => ({
      ...vote,
      first: vote.first + 6,
      second: vote.second + 6,
    }));
    const both = fitVotes({ items: 11, votes: [...shifted, ...votes], priorPrecision: 0.3 });
    expectClose(both.strengths.subarray(0, 6), alone.strengths, 1e-9);
  });

  it('agrees with the search over all items at once', () => {
    const votes = counted(
      40,
      Array.from({ length: 8 }, (_, group) =>
        randomVotes(5, 20, group).map((vote) => ({
          ...vote,
          first: vote.first + 5 * group,
          second: vote.second + 5 * group,
        })),
      ).flat(),
    );
    const dense = fitBradleyTerry(votes, { priors: { strengths: 0.2 } });
    const whole = fitBradleyTerry(votes, {
      priors: { strengths: 0.2 },
      start: { strengths: new Float64Array(40), terms: new Float64Array(0) },
    });
    expectClose(dense.strengths, whole.strengths, 1e-8);
    expect(dense.logLikelihood).toBeCloseTo(whole.logLikelihood, 8);
  });
});

describe('fitBradleyTerry with ties of their own', () => {
  const allTies = counted(3, [
    { first: 0, second: 1, probabilityFirst: 0.5 },
    { first: 1, second: 2, probabilityFirst: 0.5 },
  ]);

  it.each(['davidson', 'rao_kupper'] as const)(
    'under %s gives equal strengths to items that only tie',
    (ties) => {
      const fit = fitBradleyTerry(allTies, { ties, priors: { strengths: 0.1, tie: 0.1 } });
      expectClose(fit.strengths, [0, 0, 0], 1e-9);
      expect(fit.tie).toBeGreaterThan(1);
      expect(() => fitBradleyTerry(allTies, { ties, priors: { strengths: 0.1 } })).toThrow(
        'Every vote is a tie',
      );
    },
  );

  it('has no tie parameter under davidson where nobody voted for a tie, and refuses rao_kupper there', () => {
    const decided = counted(2, [{ first: 0, second: 1, probabilityFirst: 1 }]);
    const priors = { strengths: 1 };
    const fit = fitBradleyTerry(decided, { ties: 'davidson', priors });
    expect(fit.tie).toBeUndefined();
    expect(fit.strengths).toEqual(fitBradleyTerry(decided, { priors }).strengths);
    expect(() => fitBradleyTerry(decided, { ties: 'rao_kupper', priors })).toThrow('No vote is a tie');
  });
});
