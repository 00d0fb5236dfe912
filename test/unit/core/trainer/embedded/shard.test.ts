import { layShard, packGroups, SHARD_TOKENS } from '../../../../../core/trainer/embedded/shard.js';
import type { TokenBatch } from '../../../../../core/trainer/trainer.js';

function batchOf(lengths: readonly number[]): TokenBatch {
  const ends = lengths.map((_, s) => lengths.slice(0, s + 1).reduce((sum, length) => sum + length, 0));
  const total = ends[ends.length - 1];
  return {
    tokenIds: new Int32Array(total),
    offsets: Int32Array.from([0, ...ends]),
    weights: new Float32Array(total),
    temperature: 1,
  };
}

function singles(count: number): number[][] {
  return Array.from({ length: count }, (_, at) => [at]);
}

describe('packGroups', () => {
  it('puts every group into exactly one shard', () => {
    const lengths = Array.from({ length: 97 }, (_, at) => 5 + ((at * 37) % 60));
    const shards = packGroups(batchOf(lengths), singles(97));
    expect(shards.flat().sort((a, b) => a - b)).toEqual([...Array(97).keys()]);
  });

  it('makes an even number of shards of about equal size, none much above the limit', () => {
    const lengths = Array.from({ length: 128 }, (_, at) => 40 + (at % 24));
    const shards = packGroups(batchOf(lengths), singles(128));
    const tokens = shards.map((shard) => shard.reduce((sum, at) => sum + lengths[at], 0));
    expect(shards.length % 2).toBe(0);
    expect(Math.max(...tokens)).toBeLessThan(1.15 * SHARD_TOKENS);
    expect(Math.min(...tokens)).toBeGreaterThan(0.8 * Math.max(...tokens));
  });

  it('keeps sequences of like length together', () => {
    const lengths = Array.from({ length: 64 }, (_, at) => (at % 2 === 0 ? 10 : 60));
    const shards = packGroups(batchOf(lengths), singles(64));
    const mixed = shards.filter((shard) => new Set(shard.map((at) => lengths[at])).size > 1);
    expect(mixed.length).toBeLessThanOrEqual(1);
  });

  it('shares two sequences out over two shards, and leaves one alone', () => {
    expect(packGroups(batchOf([20, 20]), singles(2))).toEqual([[0], [1]]);
    expect(packGroups(batchOf([20]), singles(1))).toEqual([[0]]);
    expect(packGroups(batchOf([20]), [])).toEqual([]);
  });
});

describe('layShard', () => {
  it('asks the place before each weighted token, in a grid padded on the right', () => {
    const batch = batchOf([3, 5]);
    batch.weights.set([0, 0, 1, 0, 1, 0, 0, 2]);
    const shard = layShard(batch, [1, 0], 'token');
    expect(shard.time).toBe(5);
    expect([...shard.entries]).toEqual([4, 7, 2]);
    expect([...shard.rows]).toEqual([0, 3, 6]);
    expect([...shard.owners]).toEqual([0, 0, 1]);
  });

  it('asks the last token of each sequence for scores', () => {
    expect([...layShard(batchOf([3, 5]), [1, 0], 'sequence_end').rows]).toEqual([4, 7]);
  });
});
