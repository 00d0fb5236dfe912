/** What two adjacent tokens become, and how early in training that merge was found. */
export interface Merge {
  readonly rank: number;
  readonly id: number;
}

/** Merges by `pairKey` of the two token ids. */
export type Merges = ReadonlyMap<number, Merge>;

const MAX_ID = 2 ** 26;

/** One number for an ordered pair of token ids below 2²⁶. */
export function pairKey(left: number, right: number): number {
  return left * MAX_ID + right;
}

/** The pair of ids that a key stands for. */
export function pairOfKey(key: number): readonly [number, number] {
  return [Math.floor(key / MAX_ID), key % MAX_ID];
}

function lowestRanked(ids: readonly number[], merges: Merges): { at: number; merge: Merge } | undefined {
  let best: { at: number; merge: Merge } | undefined;
  for (let at = 0; at + 1 < ids.length; at += 1) {
    const merge = merges.get(pairKey(ids[at], ids[at + 1]));
    if (merge !== undefined && (best === undefined || merge.rank < best.merge.rank)) best = { at, merge };
  }
  return best;
}

/**
 * Byte-pair encoding of one word (Sennrich, Haddow and Birch, ACL 2016): the merge found first in training is made
 * first, the leftmost place first, until none applies. `ids` are the word's byte tokens.
 */
export function mergeWord(ids: readonly number[], merges: Merges): number[] {
  const word = [...ids];
  for (let best = lowestRanked(word, merges); best !== undefined; best = lowestRanked(word, merges)) {
    word.splice(best.at, 2, best.merge.id);
  }
  return word;
}
