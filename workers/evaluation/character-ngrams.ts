/** Sparse features of a text: hashed bucket → share of the text's n-grams that fell into it. */
export type NgramFeatures = ReadonlyMap<number, number>;

const BUCKETS = 1 << 14;
const SIZES = [2, 3, 4];
const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * Character 2- to 4-grams of the NFC text with spaces folded, hashed by FNV-1a into 2¹⁴ buckets and divided by the
 * square root of their number, so that long answers do not shout.
 */
export function characterNgrams(text: string): NgramFeatures {
  const characters = [...` ${text.normalize('NFC').replace(/\s+/gu, ' ').trim()} `];
  const counts = new Map<number, number>();
  let total = 0;
  for (const size of SIZES) {
    for (let start = 0; start + size <= characters.length; start += 1) {
      const bucket = hash(characters, start, size);
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
      total += 1;
    }
  }
  const scale = 1 / Math.sqrt(Math.max(total, 1));
  for (const [bucket, value] of counts) counts.set(bucket, value * scale);
  return counts;
}

function hash(characters: readonly string[], start: number, size: number): number {
  let state = FNV_OFFSET;
  for (let at = start; at < start + size; at += 1) {
    state = Math.imul(state ^ (characters[at]?.codePointAt(0) ?? 0), FNV_PRIME);
  }
  return (state >>> 0) % BUCKETS;
}
