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

/** Replaces every occurrence of a pair of adjacent ids, from the left, by one id. */
export function joinPair(ids: readonly number[], pair: readonly [number, number], id: number): number[] {
  const joined: number[] = [];
  for (let at = 0; at < ids.length; at += 1) {
    const matches = at + 1 < ids.length && ids[at] === pair[0] && ids[at + 1] === pair[1];
    joined.push(matches ? id : ids[at]);
    if (matches) at += 1;
  }
  return joined;
}

interface RankedPair {
  readonly pair: readonly [number, number];
  readonly merge: Merge;
}

function lowestRanked(ids: readonly number[], merges: Merges): RankedPair | undefined {
  let best: RankedPair | undefined;
  for (let at = 0; at + 1 < ids.length; at += 1) {
    const merge = merges.get(pairKey(ids[at], ids[at + 1]));
    if (merge !== undefined && (best === undefined || merge.rank < best.merge.rank)) {
      best = { pair: [ids[at], ids[at + 1]], merge };
    }
  }
  return best;
}

/**
 * Byte-pair encoding of one word (Sennrich, Haddow and Birch, ACL 2016): the merge found first in training is made
 * first, everywhere in the word, until none applies. One pass per merge keeps a word of megabytes affordable.
 * `ids` are the word's byte tokens.
 */
export function mergeWord(ids: readonly number[], merges: Merges): readonly number[] {
  let word = ids;
  for (let best = lowestRanked(word, merges); best !== undefined; best = lowestRanked(word, merges)) {
    word = joinPair(word, best.pair, best.merge.id);
  }
  return word;
}
