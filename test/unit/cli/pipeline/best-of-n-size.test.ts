import { klOfBestOf, nearestBestOf } from '../../../../cli/pipeline/best-of-n-size.js';

describe('klOfBestOf', () => {
  it.each([
    // ln 2 − 1/2, ln 16 − 15/16, ln 128 − 127/128
    [1, 0],
    [2, 0.19314718],
    [16, 1.83508872],
    [128, 3.85984276],
  ])('of %d answers is %d nats', (n, expected) => {
    expect(klOfBestOf(n)).toBeCloseTo(expected, 8);
  });
});

describe('nearestBestOf', () => {
  it.each([
    [0, 1],
    [0.05, 1],
    [0.15, 2],
    [1.835, 16],
    [3.86, 128],
  ])('matches %d nats by %d answers', (kl, n) => {
    expect(nearestBestOf(kl, 512)).toBe(n);
  });

  it('stops at the most that may be drawn', () => {
    expect(nearestBestOf(50, 64)).toBe(64);
  });
});
