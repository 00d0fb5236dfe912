import {
  groupAdvantages,
  isZeroVariance,
  whitenAcrossGroups,
} from '../../../../core/math/group-advantage.js';
import type { GroupAdvantageKind, MaybeScore } from '../../../../core/math/group-advantage.js';
import { expectClose } from '../../../support/expect-close.js';
import { mathFixture } from '../../../support/math-fixture.js';

const known = mathFixture.groups;
const withBaseline: readonly GroupAdvantageKind[] = [
  'grpo',
  'dr_grpo',
  'rloo',
  'reinforce_plus_plus_baseline',
];

function numbers(scores: readonly MaybeScore[]): number[] {
  return scores.map((score) => score ?? NaN);
}

describe('groupAdvantages', () => {
  it('agrees with hand-worked numbers', () => {
    // Rewards 1, 2, 6: mean 3; sample variance (4 + 1 + 9) / 2 = 7; others' means 4, 3.5, 1.5.
    const rewards = [1, 2, 6];
    expectClose(
      numbers(groupAdvantages(rewards, 'grpo', { epsilon: 0 })),
      [-2, -1, 3].map((d) => d / Math.sqrt(7)),
      1e-12,
    );
    expect(groupAdvantages(rewards, 'dr_grpo')).toEqual([-2, -1, 3]);
    expect(groupAdvantages(rewards, 'reinforce_plus_plus_baseline')).toEqual([-2, -1, 3]);
    expectClose(numbers(groupAdvantages(rewards, 'rloo')), [-3, -1.5, 4.5], 1e-12);
    expect(groupAdvantages(rewards, 'reinforce_plus_plus')).toEqual(rewards);
  });

  it.each([
    ['grpo', known.grpo],
    ['dr_grpo', known.drGrpo],
    ['rloo', known.rloo],
  ] as const)('agrees with PyTorch for %s', (kind, expected) => {
    expectClose(numbers(groupAdvantages(known.rewards, kind)), expected, 1e-12);
  });

  it.each(withBaseline)('treats an unscored answer as absent, not as 0, for %s', (kind) => {
    const [first, middle, second, third] = groupAdvantages([0.25, undefined, 3, 0.5], kind);
    expect(middle).toBeUndefined();
    expect([first, second, third]).toEqual(groupAdvantages([0.25, 3, 0.5], kind));
  });

  it.each(withBaseline)(
    'gives nobody an advantage when fewer than two answers have scores, for %s',
    (kind) => {
      expect(groupAdvantages([undefined, 2, undefined], kind)).toEqual([undefined, undefined, undefined]);
      expect(groupAdvantages([2], kind)).toEqual([undefined]);
      expect(groupAdvantages([], kind)).toEqual([]);
    },
  );

  it('keeps a lone score for the kind without a baseline', () => {
    expect(groupAdvantages([undefined, 2], 'reinforce_plus_plus')).toEqual([undefined, 2]);
  });

  it.each(withBaseline)('gives exactly 0 where all scores are equal, for %s', (kind) => {
    // The mean of three 0.1 is not 0.1 in floating point; divided by epsilon the error would become a signal.
    expect(groupAdvantages([0.1, 0.1, undefined, 0.1], kind)).toEqual([0, 0, undefined, 0]);
  });

  it.each(withBaseline)('does not change when every score shifts, for %s', (kind) => {
    const shifted = groupAdvantages(
      [1, 2, 4, 8].map((score) => score + 16),
      kind,
    );
    expectClose(numbers(shifted), numbers(groupAdvantages([1, 2, 4, 8], kind)), 1e-12);
  });

  it('refuses a reward that is not a number', () => {
    expect(() => groupAdvantages([1, NaN], 'grpo')).toThrow('A reward is NaN');
    expect(() => groupAdvantages([1, Infinity], 'reinforce_plus_plus')).toThrow('A reward is Infinity');
  });
});

describe('whitenAcrossGroups', () => {
  it('agrees with PyTorch and keeps the shape of the groups', () => {
    const whitened = whitenAcrossGroups(known.batch);
    expect(whitened.map((group) => group.length)).toEqual([3, 2]);
    whitened.forEach((group, at) => expectClose(numbers(group), known.batchWhitened[at], 1e-12));
  });

  it('leaves unscored answers out', () => {
    const [left, right] = whitenAcrossGroups([
      [1, undefined],
      [undefined, 3],
    ]);
    // Mean 2, variance 2: plus and minus 1/sqrt(2).
    expectClose([numbers(left)[0], numbers(right)[1]], [-Math.SQRT1_2, Math.SQRT1_2], 1e-8);
    expect([left[1], right[0]]).toEqual([undefined, undefined]);
  });

  it('gives nobody an advantage with one score and 0 to all where scores are equal', () => {
    expect(whitenAcrossGroups([[5], [undefined]])).toEqual([[undefined], [undefined]]);
    expect(whitenAcrossGroups([[0.1, 0.1], [0.1]])).toEqual([[0, 0], [0]]);
  });
});

describe('isZeroVariance', () => {
  it('is true for equal scores and for fewer than two, false otherwise', () => {
    expect(isZeroVariance([0.3, undefined, 0.3])).toBe(true);
    expect(isZeroVariance([undefined, 1])).toBe(true);
    expect(isZeroVariance([])).toBe(true);
    expect(isZeroVariance([0.3, 0.3000001])).toBe(false);
  });

  it('calls scores within the tolerance equal', () => {
    expect(isZeroVariance([1, 1.25], 0.25)).toBe(true);
    expect(isZeroVariance([1, 1.5], 0.25)).toBe(false);
  });
});
