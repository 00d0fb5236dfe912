import { kendallTau } from '../../../../core/math/kendall-tau.js';
import { createRng } from '../../../../core/math/rng.js';

/** By the definition, pair by pair. */
function slowTau(x: readonly number[], y: readonly number[]): number {
  let [difference, untiedX, untiedY] = [0, 0, 0];
  for (let a = 0; a < x.length; a += 1) {
    for (let b = 0; b < a; b += 1) {
      const [dx, dy] = [Math.sign(x[a] - x[b]), Math.sign(y[a] - y[b])];
      difference += dx * dy;
      untiedX += Math.abs(dx);
      untiedY += Math.abs(dy);
    }
  }
  return difference / Math.sqrt(untiedX * untiedY);
}

describe('kendallTau', () => {
  it.each([
    // The example of scipy.stats.kendalltau's manual.
    [[12, 2, 1, 12, 2], [1, 4, 7, 1, 0], -0.47140452079103173],
    // By hand: 4 of 6 pairs agree and 2 do not.
    [[1, 2, 3, 4], [2, 1, 4, 3], 2 / 6],
    [[1, 2, 3], [10, 20, 30], 1],
    [[1, 2, 3], [3, 2, 1], -1],
  ])('is as published or counted by hand for %j and %j', (x, y, tau) => {
    expect(kendallTau(x, y)).toBeCloseTo(tau, 14);
  });

  it('is undefined where one side ranks nothing', () => {
    expect(kendallTau([1, 1, 1], [1, 2, 3])).toBeUndefined();
    expect(kendallTau([1], [1])).toBeUndefined();
    expect(kendallTau([], [])).toBeUndefined();
  });

  it('agrees with counting pair by pair, with many ties and with few', () => {
    for (const values of [3, 40, 1e9]) {
      const rng = createRng(values);
      const draw = (): number[] => Array.from({ length: 301 }, () => rng.integer(values));
      const [x, y] = [draw(), draw()];
      expect(kendallTau(x, y)).toBeCloseTo(slowTau(x, y), 12);
    }
  });

  it('refuses samples of different lengths', () => {
    expect(() => kendallTau([1, 2], [1])).toThrow('2 and 1');
  });
});
