import { fitBradleyTerry } from '../../../../core/math/bradley-terry.js';
import { comparisonRows, countComparisons } from '../../../../core/math/comparisons.js';
import { parameterCovariance, standardErrors } from '../../../../core/math/parameter-covariance.js';
import { createRng } from '../../../../core/math/rng.js';
import { bootstrapStrengths } from '../../../../reward/preference/bootstrap-strengths.js';
import { fuseRows } from '../../../../reward/preference/fuse-rows.js';
import { fitAnchoredStack } from '../../../../reward/preference/fuser.js';
import { judgeTerms } from '../../../../reward/preference/judge-terms.js';
import { clustersOf, itemVotesOfTable, rankItems } from '../../../../reward/preference/rank-items.js';
import { swapConsistency } from '../../../../reward/preference/swap-consistency.js';
import { verdictsOfTable } from '../../../../reward/preference/verdicts-of-table.js';
import { buildVoteTable, type GivenVote } from '../../../../reward/preference/vote-table.js';

function vote(overrides: Partial<GivenVote>): GivenVote {
  return {
    judge: 'j',
    items: ['a', 'b'],
    probabilityFirst: 1,
    isBare: true,
    weight: 1,
    line: 2,
    ...overrides,
  };
}

describe('buildVoteTable', () => {
  it('turns a vote that names its pair the other way round, with its order and its lengths', () => {
    const table = buildVoteTable(
      [
        vote({ order: 'first_shown_first', lengths: [30, 10] }),
        vote({ items: ['b', 'a'], probabilityFirst: 0.2, order: 'first_shown_first', lengths: [30, 10] }),
      ],
      'votes',
    );
    expect(table.pairs).toEqual([{ id: 'a | b', items: [0, 1] }]);
    expect([...table.outcome]).toEqual([1, 0.8]);
    expect([...table.shownFirst]).toEqual([1, -1]);
    expect([...table.lengthLead]).toEqual([0.5, -0.5]);
  });

  it('has judges by name, and families that hold their own together', () => {
    const table = buildVoteTable(
      [vote({ judge: 'z', family: 'f' }), vote({ judge: 'm' }), vote({ judge: 'a', family: 'f' })],
      'votes',
    );
    expect(table.judges).toEqual(['a', 'm', 'z']);
    expect(table.familyOf[0]).toBe(table.familyOf[2]);
    expect(table.familyOf[1]).not.toBe(table.familyOf[0]);
    expect(clustersOf(table, 'family')).toEqual(Int32Array.of(0, 1, 0));
    expect(clustersOf(table, 'judge')).toEqual(Int32Array.of(0, 1, 2));
    // One pair without a prompt: nothing to cluster by.
    expect(clustersOf(table, 'prompt')).toBeUndefined();
  });
});

describe('verdictsOfTable', () => {
  it('takes a bare vote for a logit of 1, a tie for ½, and averages repeated votes by weight', () => {
    const table = buildVoteTable(
      [
        vote({ judge: 'bare' }),
        vote({ judge: 'tie', probabilityFirst: 0.5 }),
        vote({ judge: 'soft', isBare: false, probabilityFirst: 0.9, weight: 3 }),
        vote({ judge: 'soft', isBare: false, probabilityFirst: 0.5, weight: 1 }),
      ],
      'votes',
    );
    const said = new Map(
      verdictsOfTable(table).map(({ judgeId, outcome }) => [
        judgeId,
        outcome.kind === 'scored' ? outcome.score.probabilityFirst : NaN,
      ]),
    );
    expect(said.get('bare')).toBeCloseTo(1 / (1 + Math.exp(-1)), 12);
    expect(said.get('tie')).toBe(0.5);
    expect(said.get('soft')).toBeCloseTo(0.8, 12);
  });
});

describe('swapConsistency', () => {
  it('counts pairs asked both ways, the steady ones, and wins of what was shown first', () => {
    const ask = (pair: string, first: number, second: number): GivenVote[] => [
      vote({ pair, probabilityFirst: first, order: 'first_shown_first' }),
      vote({ pair, probabilityFirst: second, order: 'second_shown_first' }),
    ];
    const table = buildVoteTable([...ask('p', 1, 1), ...ask('q', 1, 0), ...ask('r', 0.5, 0.5)], 'votes');
    const known = swapConsistency(verdictsOfTable(table)).get('j');
    // p: first both times; q: whatever is shown first, twice; r: a tie both times.
    expect(known).toMatchObject({ pairs: 3, consistent: 2, decisive: 4, shownFirstWins: 3 });
    expect([...(known?.kept ?? [])]).toEqual([['p', 1], ['r', 0]]); // prettier-ignore
  });
});

describe('judgeTerms', () => {
  it('refuses a copied judge that never voted, and a judge that copies itself', () => {
    const table = buildVoteTable([vote({})], 'votes');
    expect(() => judgeTerms(table, { copies: [{ judge: 'j', of: 'k' }] })).toThrow('No vote is by judge "k"');
    expect(() => judgeTerms(table, { copies: [{ judge: 'j', of: 'j' }] })).toThrow('cannot copy itself');
    expect(judgeTerms(table, {})).toBeUndefined();
  });
});

describe('fuseRows', () => {
  it('gives what the stack gives pair by pair', () => {
    const rng = createRng(7);
    const anchors = Array.from({ length: 30 }, () => ({
      votes: new Map([['a', rng.normal()], ['b', rng.normal()]]), // prettier-ignore
      firstIsBetter: rng.integer(2) === 0,
    }));
    const stack = fitAnchoredStack(anchors);
    const fused = fuseRows(
      Float64Array.from(stack.weights.values()),
      Float64Array.from(anchors.flatMap(({ votes }) => [...votes.values()])),
    );
    anchors.forEach(({ votes }, at) => {
      expect(fused[at]).toBeCloseTo(stack.fuse(votes), 14);
    });
  });
});

describe('bootstrapStrengths', () => {
  const rng = createRng(8);
  const given = Array.from({ length: 300 }, (_, at) => {
    const items = rng.shuffle(['a', 'b', 'c', 'd']);
    return vote({
      items: [items[0], items[1]],
      prompt: `p${at % 60}`,
      probabilityFirst: rng.integer(2),
      line: at + 2,
    });
  });
  const table = buildVoteTable(given, 'votes');
  const votes = itemVotesOfTable(table, 'votes');
  const priors = { strengths: 0.1 };
  const fit = fitBradleyTerry(countComparisons(votes), { priors });
  const clusterOf = clustersOf(table, 'prompt') ?? new Int32Array(0);
  const draw = (from: number, to: number): Float64Array[] =>
    bootstrapStrengths({ votes, fit, ties: 'half', priors, clusterOf, from, to, rng: createRng(9) });

  it('gives the same resamples however they are shared out', () => {
    expect([...draw(0, 3), ...draw(3, 8)]).toEqual(draw(0, 8));
  });

  it('spreads as the clustered sandwich says, to a quarter', () => {
    const rows = comparisonRows(votes);
    const sandwich = parameterCovariance({ comparisons: rows, fit, priors, errors: 'sandwich', clusterOf });
    const errors = standardErrors(sandwich);
    const resamples = draw(0, 200);
    table.items.forEach((_item, item) => {
      const spread = resamples.map((strengths) => strengths[item]);
      const mean = spread.reduce((sum, one) => sum + one, 0) / spread.length;
      const deviation = Math.sqrt(
        spread.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (spread.length - 1),
      );
      expect(Math.abs(deviation / errors[item] - 1)).toBeLessThan(0.25);
    });
  });
});

describe('rankItems', () => {
  it('leaves open the ranks of every item whose interval meets another', () => {
    const rng = createRng(12);
    const strong: Readonly<Record<string, number>> = { a: 1.5, b: 0.2, c: 0, d: -1.7 };
    const given = Array.from({ length: 900 }, (_, at) => {
      const [first, second] = rng.shuffle(Object.keys(strong));
      const wins = rng.uniform() < 1 / (1 + Math.exp(strong[second] - strong[first]));
      return vote({ items: [first, second], probabilityFirst: Number(wins), line: at + 2 });
    });
    const table = buildVoteTable(given, 'votes');
    const { items } = rankItems(itemVotesOfTable(table, 'votes'), table.items, {
      ties: 'half',
      priors: { strengths: 0.1 },
      level: 0.95,
    });
    expect(items[0].item).toBe('a');
    expect(items[3].item).toBe('d');
    for (const { ranks, low = NaN, high = NaN } of items) {
      const better = items.filter((other) => (other.low ?? NaN) > high).length;
      const worse = items.filter((other) => (other.high ?? NaN) < low).length;
      expect(ranks).toEqual([1 + better, 4 - worse]);
    }
    expect(items[0].ranks).toEqual([1, 1]);
  });
});
