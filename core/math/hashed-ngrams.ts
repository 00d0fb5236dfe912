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
const CODE_UNITS = 1 << 16;
/** Counts whose logarithm is at hand: only loops have larger ones. */
const COUNTS = 1024;
const { imul, log1p, sqrt } = Math;

/** 1 for white space, all of which is one code unit. [code unit] */
const IS_BLANK = Uint8Array.from({ length: CODE_UNITS }, (_, unit) =>
  /\s/u.test(String.fromCharCode(unit)) ? 1 : 0,
);
/** log(1 + count). [count] */
const LOGS = Float64Array.from({ length: COUNTS }, (_, count) => log1p(count));

/**
 * A reader of n-grams of the NFC text between blanks, each run of white space as one blank: log(1 + count) by bucket of the
 * FNV-1a hash (Fowler, Noll, Vo), scaled to Euclidean length 1. A text without n-grams has no entries.
 */
export function createNgramReader(shape: NgramShape): NgramReader {
  const { buckets, shortest, longest } = shape;
  const counts = new Int32Array(buckets);
  let codePoints = new Int32Array(FIRST_ROOM);
  let indices = new Int32Array(FIRST_ROOM);
  let values = new Float64Array(FIRST_ROOM);
  return (text) => {
    const plain = text.normalize('NFC');
    if (plain.length + 2 > codePoints.length) codePoints = new Int32Array(2 * plain.length);
    const points = codePoints.subarray(0, decode(plain, codePoints));
    const most = Math.min(buckets, points.length * (longest - shortest + 1));
    if (most > indices.length) {
      indices = new Int32Array(2 * most);
      values = new Float64Array(2 * most);
    }
    const length = countNgrams(points, shape, { counts, indices });
    scaleCounts(counts, { indices, values, length });
    return { indices, values, length };
  };
}

/** Code points of a text between blanks, runs of white space as one blank; how many there are. */
function decode(text: string, into: Int32Array): number {
  into[0] = BLANK;
  let length = 1;
  let afterBlank = true;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (IS_BLANK[unit] === 1) {
      if (!afterBlank) into[length++] = BLANK;
      afterBlank = true;
      continue;
    }
    const isPair = (unit & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
    into[length++] = isPair ? (text.codePointAt(at++) ?? unit) : unit;
    afterBlank = false;
  }
  // White space at the end has given its blank; a text of nothing else lies between two.
  if (!afterBlank || length === 1) into[length++] = BLANK;
  return length;
}

/** Counts by bucket, and lists the buckets as they are first met; how many there are. */
function countNgrams(
  points: Int32Array,
  { buckets, shortest, longest }: NgramShape,
  { counts, indices }: { readonly counts: Int32Array; readonly indices: Int32Array },
): number {
  const mask = buckets - 1;
  let entries = 0;
  for (let at = 0; at < points.length; at += 1) {
    const end = Math.min(points.length, at + longest);
    const firstEnd = Math.min(end, at + shortest - 1);
    let hash = FNV_OFFSET;
    let last = at;
    for (; last < firstEnd; last += 1) hash = imul(hash ^ points[last], FNV_PRIME);
    for (; last < end; last += 1) {
      hash = imul(hash ^ points[last], FNV_PRIME);
      const bucket = (hash ^ (hash >>> 15)) & mask;
      const count = counts[bucket];
      counts[bucket] = count + 1;
      if (count === 0) indices[entries++] = bucket;
    }
  }
  return entries;
}

/** Fills the values and clears the counts. */
function scaleCounts(counts: Int32Array, { indices, values, length }: SparseVector): void {
  let squares = 0;
  for (let entry = 0; entry < length; entry += 1) {
    const bucket = indices[entry];
    const count = counts[bucket];
    counts[bucket] = 0;
    const value = count < COUNTS ? LOGS[count] : log1p(count);
    values[entry] = value;
    squares += value * value;
  }
  const norm = sqrt(squares) || 1;
  for (let entry = 0; entry < length; entry += 1) values[entry] /= norm;
}
