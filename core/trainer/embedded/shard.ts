import type { Feed, Feeds } from '../../network/session/inference-session.js';
import type { TokenBatch } from '../trainer.js';

/** Some sequences of a batch, standing in one grid, padded on the right to the longest. */
export interface Shard {
  /** Indices into the batch. [sequence] */
  readonly sequences: Int32Array;
  readonly time: number;
  /** Rows of the grid that are asked for. [place] */
  readonly rows: Int32Array;
  /** For token places: the packed index of the token that each place predicts; else empty. [place] */
  readonly entries: Int32Array;
  /** For token places: which sequence of the shard each belongs to. [place] */
  readonly owners: Int32Array;
  /** Indices of the batch's pairs that this shard computes. [pair] */
  readonly pairs: Int32Array;
}

/** Places are either every token of non-zero weight, or the last token of every sequence. */
export type PlaceKind = 'token' | 'sequence_end';

/**
 * Tokens that one run of a graph takes, padding included. A constant: gradients are summed shard by shard, so what
 * is in a shard must not depend on the machine. Small enough to stay in a core's cache and to share out over cores.
 */
export const SHARD_TOKENS = 512;

const BLOCKED = -1e9;

/** Length of a sequence in tokens. */
export function sequenceLength(batch: TokenBatch, sequence: number): number {
  return batch.offsets[sequence + 1] - batch.offsets[sequence];
}

/**
 * Cuts groups of sequences (which must stay together, such as the two of a pair) into shards of about equal size.
 * Groups are sorted by length first, so that little is padded. The number of shards is even, for two cores.
 */
export function packGroups(batch: TokenBatch, groups: readonly (readonly number[])[]): number[][] {
  const sized = groups.map((group, order) => ({
    order,
    longest: Math.max(...group.map((sequence) => sequenceLength(batch, sequence))),
    size: group.length,
  }));
  sized.sort((a, b) => b.longest - a.longest || a.order - b.order);
  const total = sized.reduce((sum, { longest, size }) => sum + longest * size, 0);
  const wanted = Math.ceil(total / SHARD_TOKENS);
  const share = total / (wanted + (wanted % 2));
  const shards: number[][] = [];
  let [current, filled, before] = [[] as number[], 0, 0];
  for (const { order, longest, size } of sized) {
    const tokens = longest * size;
    // A group goes to the shard in which its middle lies.
    const target = Math.floor((before + tokens / 2) / share);
    if (current.length > 0 && target > filled) {
      shards.push(current);
      current = [];
    }
    filled = Math.max(target, filled);
    before += tokens;
    current.push(order);
  }
  if (current.length > 0) shards.push(current);
  return shards;
}

/** Lays sequences out in a grid and lists its places. */
export function layShard(
  batch: TokenBatch,
  sequences: readonly number[],
  kind: PlaceKind,
  pairs: readonly number[] = [],
): Shard {
  const time = Math.max(...sequences.map((sequence) => sequenceLength(batch, sequence)));
  const rows: number[] = [];
  const entries: number[] = [];
  const owners: number[] = [];
  sequences.forEach((sequence, owner) => {
    const length = sequenceLength(batch, sequence);
    if (kind === 'sequence_end') {
      rows.push(owner * time + length - 1);
      return;
    }
    for (let t = 1; t < length; t += 1) {
      const entry = batch.offsets[sequence] + t;
      if (batch.weights[entry] === 0) continue;
      rows.push(owner * time + t - 1);
      entries.push(entry);
      owners.push(owner);
    }
  });
  return {
    sequences: Int32Array.from(sequences),
    time,
    rows: Int32Array.from(rows),
    entries: Int32Array.from(entries),
    owners: Int32Array.from(owners),
    pairs: Int32Array.from(pairs),
  };
}

/** What `gridInputs` declares, for one shard. Padding is token 0; nothing that counts can see it. */
export function gridFeeds(batch: TokenBatch, shard: Shard): Feeds {
  const { sequences, time, rows } = shard;
  const tokenIds = new Int32Array(sequences.length * time);
  const positions = tokenIds.map((_, cell) => cell % time);
  sequences.forEach((sequence, row) => {
    tokenIds.set(batch.tokenIds.subarray(batch.offsets[sequence], batch.offsets[sequence + 1]), row * time);
  });
  return {
    token_ids: int64(tokenIds),
    positions: int64(positions),
    places: int64(rows),
    mask: causalMask(time),
    inverse_temperature: float32([], Float32Array.of(1 / batch.temperature)),
  };
}

/** The tokens that the places predict. */
export function targetFeed(batch: TokenBatch, shard: Shard): Feed {
  return int64(shard.entries.map((entry) => batch.tokenIds[entry]));
}

/** A packed per-token array at the shard's places. */
export function atPlaces(values: Float32Array, shard: Shard): Feed {
  return float32(
    [shard.entries.length],
    Float32Array.from(shard.entries, (entry) => values[entry]),
  );
}

export function float32(dims: readonly number[], data: Float32Array): Feed {
  return { dims, data };
}

/** A vector of non-negative integers. */
export function int64(values: Int32Array): Feed {
  const data = new BigInt64Array(values.length);
  const words = new Int32Array(data.buffer);
  values.forEach((value, at) => {
    words[2 * at] = value;
  });
  return { dims: [values.length], data };
}

function causalMask(time: number): Feed {
  const mask = new Float32Array(time * time);
  for (let query = 0; query < time; query += 1) {
    mask.fill(BLOCKED, query * time + query + 1, (query + 1) * time);
  }
  return float32([time, time], mask);
}
