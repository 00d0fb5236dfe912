/**
 * Character n-grams of a text, hashed into buckets. Invariant: the same text gives the same vector in the same order, so that
 * sums over it are the same to the last bit.
 */

import { readPoints } from './plain-points.js';

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
const FIRST_ROOM = 4096;
/** Counts whose logarithm is at hand: only loops have larger ones. */
const COUNTS = 256;
const { imul, log1p, sqrt } = Math;

/** log(1 + count). [count] */
const LOGS = Float64Array.from({ length: COUNTS }, (_, count) => log1p(count));

/**
 * A reader of n-grams of the NFC text between blanks, each run of white space as one blank: log(1 + count) by bucket of the
 * FNV-1a hash (Fowler, Noll, Vo), scaled to Euclidean length 1. A text without n-grams has no entries.
 */
export function createNgramReader(shape: NgramShape): NgramReader {
  const { buckets, shortest, longest } = shape;
  const counts = new Int32Array(buckets);
  const shares = new Float64Array(COUNTS);
  const isUsual = shortest === 2 && longest === 4;
  let points = new Int32Array(FIRST_ROOM);
  let indices = new Int32Array(FIRST_ROOM);
  let values = new Float64Array(FIRST_ROOM);
  return (text) => {
    // A normal form has at most three times as many units.
    if (3 * text.length + 2 > points.length) points = new Int32Array(4 * text.length);
    const read = readPoints(text, points);
    const most = Math.min(buckets, read * (longest - shortest + 1));
    // One more than are kept: a bucket is written before it is known to be new.
    if (most >= indices.length) {
      indices = new Int32Array(2 * most);
      values = new Float64Array(2 * most);
    }
    const found = { points: points.subarray(0, read), counts, indices };
    const length = isUsual ? countTwoToFour(found) : countFrom(0, 0, shape, found);
    scaleCounts(counts, shares, { indices, values, length });
    return { indices, values, length };
  };
}

interface Counting {
  readonly points: Int32Array;
  /** [bucket] */
  readonly counts: Int32Array;
  /** Buckets as they are first met. [entry] */
  readonly indices: Int32Array;
}

/** Counts the n-grams that begin at `first` or after it; how many entries there are then. */
function countFrom(
  first: number,
  entriesBefore: number,
  { shortest, longest }: Omit<NgramShape, 'buckets'>,
  { points, counts, indices }: Counting,
): number {
  const mask = counts.length - 1;
  let entries = entriesBefore;
  for (let at = first; at < points.length; at += 1) {
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
      indices[entries] = bucket;
      entries += isZero(count);
    }
  }
  return entries;
}

/** The same for n-grams of two to four, written out, which takes half the time. */
function countTwoToFour(counting: Counting): number {
  const { points, counts, indices } = counting;
  const mask = counts.length - 1;
  const end = points.length - 3;
  if (end <= 0) return countFrom(0, 0, TWO_TO_FOUR, counting);
  let entries = 0;
  let [at, a, b, c] = [0, points[0], points[1], points[2]];
  for (; at < end; at += 1) {
    const d = points[at + 3];
    const two = imul(imul(FNV_OFFSET ^ a, FNV_PRIME) ^ b, FNV_PRIME);
    let bucket = (two ^ (two >>> 15)) & mask;
    let count = counts[bucket];
    counts[bucket] = count + 1;
    indices[entries] = bucket;
    entries += isZero(count);
    const three = imul(two ^ c, FNV_PRIME);
    bucket = (three ^ (three >>> 15)) & mask;
    count = counts[bucket];
    counts[bucket] = count + 1;
    indices[entries] = bucket;
    entries += isZero(count);
    const four = imul(three ^ d, FNV_PRIME);
    bucket = (four ^ (four >>> 15)) & mask;
    count = counts[bucket];
    counts[bucket] = count + 1;
    indices[entries] = bucket;
    entries += isZero(count);
    a = b;
    b = c;
    c = d;
  }
  return countFrom(at, entries, TWO_TO_FOUR, counting);
}

const TWO_TO_FOUR = { shortest: 2, longest: 4 };

/** 1 of 0, and 0 of a count: a branch would be mispredicted for every third n-gram. */
function isZero(count: number): number {
  return (count - 1) >>> 31;
}

/**
 * Fills the values and clears the counts. `shares` is room for log(1 + count) over the length, by count: a text has few
 * counts, and a division for each entry takes longer.
 */
function scaleCounts(
  counts: Int32Array,
  shares: Float64Array,
  { indices, values, length }: SparseVector,
): void {
  let squares = 0;
  for (let entry = 0; entry < length; entry += 1) {
    const value = logOf(counts[indices[entry]]);
    squares += value * value;
  }
  const norm = sqrt(squares) || 1;
  shares.fill(0);
  for (let entry = 0; entry < length; entry += 1) {
    const bucket = indices[entry];
    const count = counts[bucket];
    counts[bucket] = 0;
    if (count >= COUNTS) {
      values[entry] = logOf(count) / norm;
      continue;
    }
    if (shares[count] === 0) shares[count] = LOGS[count] / norm;
    values[entry] = shares[count];
  }
}

function logOf(count: number): number {
  return count < COUNTS ? LOGS[count] : log1p(count);
}
