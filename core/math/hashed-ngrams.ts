/**
 * Character n-grams of a text, hashed into buckets. Invariant: the same text gives the same vector in the same order, so that
 * sums over it are the same to the last bit.
 */

/** What is counted, and into how many buckets. */
export interface NgramShape {
  /** A power of two. */
  readonly buckets: number;
  /** Shortest n-gram, in code points. */
  readonly shortest: number;
  /** Longest n-gram, in code points. */
  readonly longest: number;
}

/** A sparse vector; entries from `length` on mean nothing. */
export interface SparseVector {
  /** Buckets in the order in which the text first had them. [entry] */
  readonly indices: Int32Array;
  /** [entry] */
  readonly values: Float64Array;
  readonly length: number;
}

/** Reads a text's n-grams. The vector is the reader's own: it holds until the next text is read. */
export type NgramReader = (text: string) => SparseVector;

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
const BLANK = 0x20;
const FIRST_ROOM = 4096;
const { imul, log1p, sqrt } = Math;

/**
 * A reader of n-grams of the NFC text between blanks, each run of white space as one blank: log(1 + count) by bucket of the
 * FNV-1a hash (Fowler, Noll, Vo), scaled to Euclidean length 1. A text without n-grams has no entries.
 */
export function createNgramReader({ buckets, shortest, longest }: NgramShape): NgramReader {
  const counts = new Int32Array(buckets);
  let codePoints = new Int32Array(FIRST_ROOM);
  let indices = new Int32Array(FIRST_ROOM);
  let values = new Float64Array(FIRST_ROOM);
  return (text) => {
    const plain = ` ${text.normalize('NFC').trim().replace(/\s+/gu, ' ')} `;
    if (plain.length > codePoints.length) codePoints = new Int32Array(2 * plain.length);
    const length = decode(plain, codePoints);
    const most = Math.min(buckets, length * (longest - shortest + 1));
    if (most > indices.length) {
      indices = new Int32Array(2 * most);
      values = new Float64Array(2 * most);
    }
    let entries = 0;
    for (let at = 0; at < length; at += 1) {
      const end = Math.min(length, at + longest);
      let hash = FNV_OFFSET;
      for (let last = at; last < end; last += 1) {
        hash = imul(hash ^ codePoints[last], FNV_PRIME);
        if (last - at + 1 < shortest) continue;
        const bucket = (hash ^ (hash >>> 15)) & (buckets - 1);
        if (counts[bucket] === 0) indices[entries++] = bucket;
        counts[bucket] += 1;
      }
    }
    scaleCounts(counts, { indices, values, length: entries });
    return { indices, values, length: entries };
  };
}

/** Code points of a text; how many there are. */
function decode(text: string, into: Int32Array): number {
  let length = 0;
  for (let at = 0; at < text.length; at += 1) {
    const codePoint = text.codePointAt(at) ?? BLANK;
    if (codePoint > 0xffff) at += 1;
    into[length++] = codePoint;
  }
  return length;
}

/** Fills the values and clears the counts. */
function scaleCounts(counts: Int32Array, { indices, values, length }: SparseVector): void {
  let squares = 0;
  for (let entry = 0; entry < length; entry += 1) {
    const value = log1p(counts[indices[entry]]);
    counts[indices[entry]] = 0;
    values[entry] = value;
    squares += value * value;
  }
  const norm = sqrt(squares) || 1;
  for (let entry = 0; entry < length; entry += 1) values[entry] /= norm;
}
