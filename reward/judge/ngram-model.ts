/**
 * A logistic model over hashed character n-grams, antisymmetric by construction: the logit of "a is better than b" is
 * w·(φ(a) − φ(b)), with no intercept, so swapping the answers swaps the verdict exactly.
 */
import { createNgramReader } from '../../core/math/hashed-ngrams.js';
import { logistic } from '../../core/math/logistic.js';

const BUCKETS = 1 << 14;
const readNgrams = createNgramReader({ buckets: BUCKETS, shortest: 2, longest: 4 });

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

function featuresOf(text: string): Features {
  const { indices, values, length } = readNgrams(text);
  return new Map(Array.from(indices.subarray(0, length), (bucket, at) => [bucket, values[at]]));
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
