import { pairFeeds } from '../../../../../../core/trainer/embedded/losses/pair-likelihood.js';
import { layShard } from '../../../../../../core/trainer/embedded/shard.js';
import { tinyPairs } from '../tiny-losses.js';

describe('pairFeeds', () => {
  const batch = tinyPairs(1);

  it('takes first minus second of each pair', () => {
    // Pair 1 is sequence 2 against sequence 3; pair 4 is 0 against 2.
    const shard = layShard(batch, [3, 0, 2], 'sequence_end', [1, 4]);
    const { difference } = pairFeeds(batch, shard, 1, 1);
    expect(difference.dims).toEqual([2, 3]);
    expect([...difference.data]).toEqual([-1, 0, 1, 0, 1, -1]);
  });

  it.each([
    ['first', [3, 0]],
    ['second', [2, 0]],
  ])('refuses a pair whose %s sequence is not in the shard', (_which, sequences) => {
    const shard = layShard(batch, sequences, 'sequence_end', [1]);
    expect(() => pairFeeds(batch, shard, 1, 1)).toThrow(/has a pair but not its sequence [23]/);
  });
});
