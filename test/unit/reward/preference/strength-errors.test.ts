import { fitBradleyTerry } from '../../../../core/math/bradley-terry.js';
import { comparisonRows, countComparisons } from '../../../../core/math/comparisons.js';
import { connectedGroups } from '../../../../core/math/connectivity.js';
import { createRng } from '../../../../core/math/rng.js';
import { strengthErrors } from '../../../../reward/preference/strength-errors.js';
import { expectClose } from '../../../support/expect-close.js';
import { itemVotes, type WrittenVote } from '../../../support/item-votes.js';

const priors = { strengths: 0.1 };

/** Votes among the three answers to each of many prompts. */
function prompts(count: number): WrittenVote[] {
  return Array.from({ length: count }, (_, prompt) => {
    const rng = createRng(1).fork(prompt);
    return Array.from({ length: 9 }, () => {
      const first = rng.integer(3);
      const second = (first + 1 + rng.integer(2)) % 3;
      return { first: 3 * prompt + first, second: 3 * prompt + second, probabilityFirst: rng.integer(2) };
    });
  }).flat();
}

function errorsOf(items: number, votes: readonly WrittenVote[]): Float64Array {
  const rows = comparisonRows(itemVotes(items, votes));
  const fit = fitBradleyTerry(countComparisons(itemVotes(items, votes)), { priors });
  return strengthErrors({ rows, fit, groups: connectedGroups(rows), ties: 'half', priors });
}

describe('strengthErrors', () => {
  it('gives each of many prompts the errors that it has alone', () => {
    const many = errorsOf(1800, prompts(600));
    expectClose(many.subarray(0, 3), errorsOf(3, prompts(1)), 1e-7);
    expect(many.every((error) => error > 0)).toBe(true);
  });

  it('has none for an item without a scored vote', () => {
    const errors = errorsOf(4, prompts(1));
    expect(errors[3]).toBeNaN();
    expect(errors[0]).toBeGreaterThan(0);
  });
});
