/**
 * The control judge measures what the reward plane may have missed or taught wrongly. Invariant: it shares neither
 * code nor data with the reward plane; it is fitted on its own pairs, and it counts only if it passes its own gold.
 */
import { findVeto } from './answer-vetoes.js';
import { characterNgrams, type NgramFeatures } from './character-ngrams.js';

/** An authored pair with a known better answer. */
export interface AuthoredPair {
  readonly id: string;
  readonly rubric: string;
  readonly prompt: string;
  readonly better: string;
  readonly worse: string;
}

export interface ControlJudge {
  /** Probability that the first answer is better, in [0, 1]; a vetoed answer loses to one that is not. */
  probabilityFirst(prompt: string, first: string, second: string): number;
}

const ITERATIONS = 300;
const LEARNING_RATE = 4;
const L2 = 1e-3;

/**
 * Fits logit P(first better) = w·(φ(first) − φ(second)) on the pairs of one rubric by full-batch gradient descent
 * with an L2 penalty; no intercept, so the order of a pair cannot matter.
 */
export function fitControlJudge(pairs: readonly AuthoredPair[]): ControlJudge {
  const weights = descended(pairs.map(({ better, worse }) => difference(better, worse)));
  return {
    probabilityFirst: (prompt, first, second) => {
      const vetoFirst = findVeto(prompt, first) !== undefined;
      const vetoSecond = findVeto(prompt, second) !== undefined;
      if (vetoFirst !== vetoSecond) return vetoFirst ? 0 : 1;
      if (vetoFirst || first === second) return 0.5;
      return logistic(dot(weights, difference(first, second)));
    },
  };
}

/** Share of gold pairs that the judge gets right; a probability of exactly one half counts half. */
export function goldAccuracy(judge: ControlJudge, gold: readonly AuthoredPair[]): number {
  const points = gold.map(({ prompt, better, worse }) =>
    point(judge.probabilityFirst(prompt, better, worse)),
  );
  return points.reduce((sum, value) => sum + value, 0) / gold.length;
}

/** A win counts 1, a tie a half, a loss 0. */
export function point(probability: number): number {
  return probability > 0.5 ? 1 : probability === 0.5 ? 0.5 : 0;
}

/** Weights by bucket after all steps of gradient descent. */
function descended(differences: readonly NgramFeatures[]): ReadonlyMap<number, number> {
  const slots = new Map<number, number>();
  for (const bucket of differences.flatMap((features) => [...features.keys()])) {
    if (!slots.has(bucket)) slots.set(bucket, slots.size);
  }
  const rows = differences.map((features) => packed(features, slots));
  const weights = new Float64Array(slots.size);
  for (let iteration = 0; iteration < ITERATIONS; iteration += 1) descend(weights, rows);
  return new Map([...slots].map(([bucket, slot]) => [bucket, weights[slot]]));
}

/** A pair's features in arrays: the descent reads them hundreds of times, and maps would be most of its cost. */
interface PackedFeatures {
  readonly slots: Int32Array;
  readonly values: Float64Array;
}

function packed(features: NgramFeatures, slots: ReadonlyMap<number, number>): PackedFeatures {
  return {
    slots: Int32Array.from(features.keys(), (bucket) => slots.get(bucket) ?? 0),
    values: Float64Array.from(features.values()),
  };
}

function descend(weights: Float64Array, rows: readonly PackedFeatures[]): void {
  const gradient = new Float64Array(weights.length);
  for (const { slots, values } of rows) {
    let logit = 0;
    for (let at = 0; at < slots.length; at += 1) logit += values[at] * weights[slots[at]];
    const slope = (logistic(logit) - 1) / rows.length;
    for (let at = 0; at < slots.length; at += 1) gradient[slots[at]] += slope * values[at];
  }
  for (let slot = 0; slot < weights.length; slot += 1) {
    weights[slot] -= LEARNING_RATE * (gradient[slot] + L2 * weights[slot]);
  }
}

function difference(first: string, second: string): NgramFeatures {
  const features = new Map(characterNgrams(first));
  for (const [bucket, value] of characterNgrams(second)) {
    features.set(bucket, (features.get(bucket) ?? 0) - value);
  }
  return features;
}

function dot(weights: ReadonlyMap<number, number>, features: NgramFeatures): number {
  let sum = 0;
  for (const [bucket, value] of features) sum += value * (weights.get(bucket) ?? 0);
  return sum;
}

function logistic(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
