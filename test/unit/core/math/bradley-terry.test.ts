import { readFileSync } from 'node:fs';

import { fitBradleyTerry } from '../../../../core/math/bradley-terry.js';
import type { SoftVote } from '../../../../core/math/bradley-terry.js';
import { createRng } from '../../../../core/math/rng.js';
import { expectClose } from '../../../support/expect-close.js';
import { mathFixture } from '../../../support/math-fixture.js';
import { describeWithGolden, goldenFile } from '../../../support/shared-data.js';

/** So weak that the fit is the maximum-likelihood one to nine digits. */
const NEARLY_NO_PRIOR = 1e-10;

function randomVotes(items: number, count: number, seed: number): SoftVote[] {
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
    const fit = fitBradleyTerry({
      items: 2,
      votes: [{ first: 0, second: 1, probabilityFirst: 1 }],
      priorPrecision,
    });
    expectClose(fit.strengths, [0.5, -0.5], 1e-9);
    expect(fit.logLikelihood).toBeCloseTo(-Math.log(1 + Math.exp(-1)), 9);
  });

  it('agrees with L-BFGS in PyTorch for soft weighted votes', () => {
    const { items, priorPrecision, votes, strengths } = mathFixture.bradleyTerry;
    const fit = fitBradleyTerry({
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
    const fit = fitBradleyTerry({ items: 8, votes: randomVotes(8, 28, 1), priorPrecision: 0.1 });
    expect(fit.gradientNorm).toBeLessThan(1e-9);
    expect(fit.iterations).toBeLessThan(10);
  });

  it('centres the strengths on 0', () => {
    const { strengths } = fitBradleyTerry({ items: 5, votes: randomVotes(5, 20, 2), priorPrecision: 0.2 });
    expect(strengths.reduce((sum, strength) => sum + strength, 0)).toBeCloseTo(0, 9);
  });

  it('permutes with its items', () => {
    const votes = randomVotes(5, 20, 3);
    const order = [3, 0, 4, 1, 2];
    const fit = fitBradleyTerry({ items: 5, votes, priorPrecision: 0.2 });
    const permuted = fitBradleyTerry({
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
    const fit = fitBradleyTerry({ items: 4, votes, priorPrecision: 0.2 });
    const turned = votes.map(({ first, second, probabilityFirst, weight }) => ({
      first: second,
      second: first,
      probabilityFirst: 1 - probabilityFirst,
      weight: weight ?? 1,
    }));
    const halves = votes.map((vote) => ({ ...vote, weight: (vote.weight ?? 1) / 2 }));
    for (const same of [turned, [...halves, ...halves]]) {
      expectClose(
        fitBradleyTerry({ items: 4, votes: same, priorPrecision: 0.2 }).strengths,
        fit.strengths,
        1e-8,
      );
    }
  });

  it('gives the same bits every time', () => {
    const input = { items: 6, votes: randomVotes(6, 30, 5), priorPrecision: 0.3 };
    expect(fitBradleyTerry(input)).toEqual(fitBradleyTerry(input));
  });

  it('gives equal strengths for ties only, and 0 to an item that nobody compared', () => {
    const tie = { probabilityFirst: 0.5, weight: 3 };
    const ties = [
      { first: 0, second: 1, ...tie },
      { first: 1, second: 2, ...tie },
    ];
    expect([...fitBradleyTerry({ items: 4, votes: ties, priorPrecision: 0.1 }).strengths]).toEqual([
      0, 0, 0, 0,
    ]);
    const won = [{ first: 0, second: 1, probabilityFirst: 1 }];
    expect(fitBradleyTerry({ items: 3, votes: won, priorPrecision: 0.1 }).strengths[2]).toBe(0);
  });

  it.each([1, 1e3, 1e8])('stays finite for an item that won every one of %p votes', (weight) => {
    const votes = [
      { first: 0, second: 1, probabilityFirst: 1, weight },
      { first: 0, second: 2, probabilityFirst: 1, weight },
    ];
    const { strengths } = fitBradleyTerry({ items: 3, votes, priorPrecision: 1e-3 });
    expect(strengths[0]).toBeGreaterThan(2);
    expect(strengths[1]).toBeCloseTo(strengths[2], 8);
    expect(strengths.every(Number.isFinite)).toBe(true);
  });

  it.each([
    [{ first: 0, second: 3, probabilityFirst: 1 }, 'names item 3'],
    [{ first: 0.5, second: 1, probabilityFirst: 1 }, 'names item 0.5'],
    [{ first: 1, second: 1, probabilityFirst: 1 }, 'item 1 with itself'],
    [{ first: 0, second: 1, probabilityFirst: NaN }, 'probability of a vote is NaN'],
    [{ first: 0, second: 1, probabilityFirst: 1, weight: -1 }, 'weight of a vote is -1'],
  ])('refuses the vote %p', (vote, message) => {
    expect(() => fitBradleyTerry({ items: 3, votes: [vote], priorPrecision: 1 })).toThrow(message);
  });

  it('refuses to go without a prior', () => {
    expect(() => fitBradleyTerry({ items: 2, votes: [], priorPrecision: 0 })).toThrow('prior precision is 0');
  });
});

/** Wins of i over j and of j over i. */
type WinCounts = readonly (readonly [i: number, j: number, winsI: number, winsJ: number])[];

interface KnownStrengths {
  readonly pairs_i_j_wi_wj: WinCounts;
  readonly theta_centred: number[];
  readonly loglik: number;
}

interface KnownAnswers {
  readonly bt_wikipedia: KnownStrengths;
  readonly bt_citations: KnownStrengths;
  readonly choix_small: {
    readonly cycle_plus_one: {
      readonly winner_loser: readonly (readonly [number, number])[];
      readonly theta: number[];
    };
  };
  readonly evalica_simple: {
    readonly rows_left_right_winner: readonly (readonly [number, number, 'left' | 'right' | 'tie'])[];
    readonly bt_ties_half_sum1: number[];
  };
}

const GOLDEN = 'aggregation.json';

describeWithGolden('fitBradleyTerry on published data', GOLDEN, () => {
  const golden = (): KnownAnswers => JSON.parse(readFileSync(goldenFile(GOLDEN), 'utf8')) as KnownAnswers;

  it.each(['bt_wikipedia', 'bt_citations'] as const)('gives the known strengths of %s', (name) => {
    const known = golden()[name];
    const votes = known.pairs_i_j_wi_wj.map(([first, second, winsFirst, winsSecond]) => ({
      first,
      second,
      probabilityFirst: winsFirst / (winsFirst + winsSecond),
      weight: winsFirst + winsSecond,
    }));
    const fit = fitBradleyTerry({ items: 4, votes, priorPrecision: NEARLY_NO_PRIOR });
    expectClose(fit.strengths, known.theta_centred, 2e-9);
    expectClose([fit.logLikelihood], [known.loglik], 1e-9);
  });

  it('gives the known strengths of a cycle with one win more', () => {
    const { winner_loser, theta } = golden().choix_small.cycle_plus_one;
    const votes = winner_loser.map(([first, second]) => ({ first, second, probabilityFirst: 1 }));
    const { strengths } = fitBradleyTerry({ items: 3, votes, priorPrecision: NEARLY_NO_PRIOR });
    expectClose(strengths, theta, 2e-9);
  });

  it('gives the known strengths where ties count half', () => {
    const { rows_left_right_winner, bt_ties_half_sum1 } = golden().evalica_simple;
    const halves = { left: 1, tie: 0.5, right: 0 };
    const votes = rows_left_right_winner.map(([first, second, winner]) => ({
      first,
      second,
      probabilityFirst: halves[winner],
    }));
    const { strengths } = fitBradleyTerry({ items: 5, votes, priorPrecision: NEARLY_NO_PRIOR });
    const total = strengths.reduce((sum, strength) => sum + Math.exp(strength), 0);
    expectClose(
      strengths.map((strength) => Math.exp(strength) / total),
      bt_ties_half_sum1,
      2e-9,
    );
  });
});
