import { styleFigures } from '../../../../coordinator/watch/style-figures.js';
import { watchedIteration } from '../../../support/watched-iteration.js';

const failed = { kind: 'judge_failed', reason: 'timeout', retryable: true } as const;
const malformed = { kind: 'policy_malformed', reason: 'empty' } as const;

describe('what the reward has to do with how answers look', () => {
  it('is its rank correlation with length within prompts, whatever prompts differ in', () => {
    // Within each prompt the shorter answer is paid more; the second prompt has longer answers and pays more.
    const figures = styleFigures(
      watchedIteration([
        [
          { tokens: 2, outcome: 1 },
          { tokens: 4, outcome: 0 },
        ],
        [
          { tokens: 20, outcome: 11 },
          { tokens: 40, outcome: 10 },
        ],
      ]),
    );
    expect(figures['watch/length_correlation']).toBeCloseTo(-1, 12);
    // 2 4 20 40: mean 16.5, squares 210.25 + 156.25 + 12.25 + 552.25 = 931, over 3.
    expect(figures['watch/length_std']).toBeCloseTo(Math.sqrt(931 / 3), 12);
  });

  it('is its rank correlation with marks of format', () => {
    const figures = styleFigures(
      watchedIteration([
        [
          { tokens: 3, text: 'Fine.', outcome: 0 },
          { tokens: 3, text: 'Yes!', outcome: 1 },
          { tokens: 3, text: 'Ok!!', outcome: 2 },
        ],
      ]),
    );
    expect(figures['watch/format_correlation']).toBeCloseTo(1, 12);
    // 0, 25 and 50 marks per 100 characters.
    expect(figures['watch/format_mean']).toBeCloseTo(25, 12);
    expect(figures['watch/format_std']).toBeCloseTo(25, 12);
    expect(figures).not.toHaveProperty('watch/length_correlation');
  });

  it('counts a malformed answer at the floor, and leaves out one without a score', () => {
    const figures = styleFigures(
      watchedIteration([
        [
          { tokens: 1, outcome: malformed },
          { tokens: 2, outcome: 0 },
          { tokens: 3, outcome: 1 },
          { tokens: 9, outcome: failed },
        ],
      ]),
    );
    expect(figures['watch/length_correlation']).toBeCloseTo(1, 12);
    expect(figures['watch/length_std']).toBeCloseTo(1, 12);
  });

  it('is absent where nothing was scored', () => {
    expect(styleFigures(watchedIteration([[{ tokens: 1, outcome: failed }]]))).toEqual({});
  });
});
