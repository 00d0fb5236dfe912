import { compensatedSum } from '../../../../core/math/compensated-sum.js';

describe('compensatedSum', () => {
  it('keeps the small terms that a plain sum loses', () => {
    expect(compensatedSum([1, 1e100, 1, -1e100])).toBe(2);
    expect(compensatedSum(new Array<number>(10).fill(0.1))).toBe(1);
  });

  it('sums a million tenths to the nearest double', () => {
    expect(compensatedSum(new Float64Array(1_000_000).fill(0.1))).toBe(100_000);
  });

  it('passes on what is infinite or not a number', () => {
    expect(compensatedSum([1, Infinity, 2])).toBe(Infinity);
    expect(compensatedSum([Infinity, -Infinity])).toBeNaN();
    expect(compensatedSum([1, NaN])).toBeNaN();
    expect(compensatedSum([])).toBe(0);
  });
});
