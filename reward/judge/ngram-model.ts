/**
 * A logistic model over hashed character n-grams, antisymmetric by construction: the logit of "a is better than b" is
 * w·(φ(a) − φ(b)), with no intercept, so swapping the answers swaps the verdict exactly.
 */
import { logistic } from '../../core/math/logistic.js';

const BUCKETS = 1 << 14;
const SHORTEST = 2;
const LONGEST = 4;

/** A sparse vector: bucket to value, of unit length. */
type Features = ReadonlyMap<number, number>;

export interface NgramModel {
  /** [bucket] */
  readonly weights: Float64Array;
}

/** One answer that is better than another, as training data. */
export interface RankedTexts {
  readonly better: string;
  readonly worse: string;
}

export interface NgramTraining {
  readonly epochs?: number;
  readonly learningRate?: number;
  /** L2 penalty per pair. */
  readonly decay?: number;
}

/** The logit that `first` is better than `second`. */
export function ngramLogit(model: NgramModel, first: string, second: string): number {
  return dot(model.weights, featuresOf(first)) - dot(model.weights, featuresOf(second));
}

/** Fits the model by gradient steps over the pairs in their given order: deterministic, and small data only. */
export function fitNgramModel(pairs: readonly RankedTexts[], training: NgramTraining = {}): NgramModel {
  const { epochs = 60, learningRate = 1, decay = 1e-3 } = training;
  const weights = new Float64Array(BUCKETS);
  const differences = pairs.map(({ better, worse }) => subtract(featuresOf(better), featuresOf(worse)));
  for (let epoch = 0; epoch < epochs; epoch += 1) {
    for (const difference of differences) {
      const residual = 1 - logistic(dot(weights, difference));
      for (const [bucket, value] of difference) {
        weights[bucket] += learningRate * (residual * value - decay * weights[bucket]);
      }
    }
  }
  return { weights };
}

/** Counts of character n-grams of the text between blanks, as log(1 + count), scaled to length 1. */
function featuresOf(text: string): Features {
  const characters = [...` ${text.normalize('NFC').trim().replace(/\s+/gu, ' ')} `];
  const counts = new Map<number, number>();
  for (let at = 0; at < characters.length; at += 1) {
    let hash = 0x811c9dc5;
    for (let length = 1; length <= LONGEST && at + length <= characters.length; length += 1) {
      hash = fnv1a(hash, characters[at + length - 1].codePointAt(0) ?? 0);
      if (length < SHORTEST) continue;
      const bucket = (hash ^ (hash >>> 15)) & (BUCKETS - 1);
      counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
  }
  let squares = 0;
  for (const [bucket, count] of counts) {
    const value = Math.log1p(count);
    counts.set(bucket, value);
    squares += value * value;
  }
  const norm = Math.sqrt(squares) || 1;
  for (const [bucket, value] of counts) counts.set(bucket, value / norm);
  return counts;
}

/** One step of the FNV-1a hash (Fowler, Noll, Vo) over a code point. */
function fnv1a(hash: number, codePoint: number): number {
  return Math.imul(hash ^ codePoint, 0x01000193) >>> 0;
}

function subtract(a: Features, b: Features): Features {
  const difference = new Map(a);
  for (const [bucket, value] of b) difference.set(bucket, (difference.get(bucket) ?? 0) - value);
  return difference;
}

function dot(weights: Float64Array, features: Features): number {
  let sum = 0;
  for (const [bucket, value] of features) sum += weights[bucket] * value;
  return sum;
}
