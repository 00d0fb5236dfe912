import { compareQuantity } from '../../../../coordinator/replay/compare-quantity.js';

const compare = (recorded: number[], recomputed: number[], cancels?: boolean) =>
  compareQuantity('q', { recorded, recomputed, ...(cancels === undefined ? {} : { cancels }) });

describe('compareQuantity', () => {
  it('measures the largest difference by the largest recorded number', () => {
    expect(compare([-8, 2], [-8, 3])).toEqual({
      quantity: 'q',
      count: 2,
      isIdentical: false,
      largestRelativeDifference: 1 / 8,
    });
  });

  it('measures by 1 what is 0 throughout, and at least by 1 what cancels', () => {
    expect(compare([0], [0.25]).largestRelativeDifference).toBe(0.25);
    expect(compare([0.01], [0.02], true).largestRelativeDifference).toBeCloseTo(0.01, 12);
    expect(compare([0.01], [0.02]).largestRelativeDifference).toBeCloseTo(1, 12);
  });

  it('takes two that are no numbers for the same, and one for not comparable', () => {
    expect(compare([NaN, 4], [NaN, 4])).toMatchObject({ isIdentical: true, largestRelativeDifference: 0 });
    expect(compare([NaN], [1])).toEqual({ quantity: 'q', count: 1, isIdentical: false });
    expect(compare([1], [Infinity])).toEqual({ quantity: 'q', count: 1, isIdentical: false });
  });

  it('does not compare what is not of one length', () => {
    expect(compare([1, 2], [1])).toEqual({ quantity: 'q', count: 2, isIdentical: false });
  });
});
