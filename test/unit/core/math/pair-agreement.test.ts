import { pairAgreement } from '../../../../core/math/pair-agreement.js';

describe('pairAgreement', () => {
  it.each([
    // One group of three: 0 < 1 and 0 < 2 alike, 1 < 2 against 2 > 1.
    [[1, 2, 3], [1, 3, 2], [0, 0, 0], 2 / 3],
    // Pairs (0, 2) and (1, 3) only; across groups nothing is compared.
    [[1, 9, 2, 8], [5, 1, 6, 0], [0, 1, 0, 1], 1],
    [[1, 2], [2, 1], [0, 0], 0],
  ])('counts pairs within groups: %j against %j', (x, y, groups, share) => {
    expect(pairAgreement(x, y, groups)).toBeCloseTo(share, 14);
  });

  it('holds a tie of both for agreement, and a tie of one for none', () => {
    expect(pairAgreement([1, 1], [4, 4], [0, 0])).toBe(1);
    expect(pairAgreement([1, 1], [4, 5], [0, 0])).toBe(0);
    expect(pairAgreement([1, 2], [4, 4], [0, 0])).toBe(0);
  });

  it('is undefined where no group has a pair', () => {
    expect(pairAgreement([1, 2], [1, 2], [0, 1])).toBeUndefined();
    expect(pairAgreement([], [], [])).toBeUndefined();
  });

  it('refuses samples of different lengths', () => {
    expect(() => pairAgreement([1, 2], [1], [0, 0])).toThrow('2, 1 and 2');
  });
});
