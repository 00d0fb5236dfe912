import { stratifiedSpearman } from '../../../../core/math/stratified-spearman.js';

describe("Spearman's ρ within strata", () => {
  it('is the textbook one for a single stratum: 1 − 6 Σd² / n(n² − 1)', () => {
    // Ranks 1..5 against 2 1 4 3 5: Σd² = 4, so ρ = 1 − 24/120.
    expect(stratifiedSpearman([{ x: [10, 20, 30, 40, 50], y: [2, 1, 4, 3, 5] }])).toBeCloseTo(0.8, 12);
  });

  it('gives ties their mean rank', () => {
    // Centred ranks −1.5 0 0 1.5 and −1.5 −0.5 0.5 1.5: 4.5 / √(4.5 · 5).
    expect(stratifiedSpearman([{ x: [1, 2, 2, 3], y: [1, 2, 3, 4] }])).toBeCloseTo(4.5 / Math.sqrt(22.5), 12);
  });

  it('does not see what differs between strata', () => {
    const falling = (level: number): { x: number[]; y: number[] } => ({
      x: [level + 1, level + 2, level + 3],
      y: [level + 3, level + 2, level + 1],
    });
    expect(stratifiedSpearman([falling(0), falling(100)])).toBeCloseTo(-1, 12);
  });

  it('pools strata by what they rank: 2 of 2 against −1 of 2', () => {
    // Three in order: Σab = 2; three with ranks 1 3 2 reversed to 2 1 3: centred (−1 1 0)·(0 −1 1) = −1.
    const rho = stratifiedSpearman([
      { x: [1, 2, 3], y: [1, 2, 3] },
      { x: [1, 3, 2], y: [2, 1, 3] },
    ]);
    expect(rho).toBeCloseTo((2 - 1) / (2 + 2), 12);
  });

  it('leaves out a stratum in which nothing varies, and is undefined where none is left', () => {
    const flat = { x: [1, 1, 1], y: [1, 2, 3] };
    expect(stratifiedSpearman([flat, { x: [1, 2], y: [5, 6] }])).toBe(1);
    expect(stratifiedSpearman([flat, { x: [1], y: [1] }, { x: [], y: [] }])).toBeUndefined();
  });

  it('refuses samples of different lengths', () => {
    expect(() => stratifiedSpearman([{ x: [1, 2], y: [1] }])).toThrow('one length, not 2 and 1');
  });
});
