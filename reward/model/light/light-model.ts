import type { Locale } from '../../../core/domain/prompt.js';
import { denseWidth, type FeatureSpace } from './answer-features.js';

/**
 * All that scoring by a light model takes besides rubric and profile. Column 0 is the fit on all training prompts, the others
 * are the heads on bootstrap samples. Invariant: it is a function of preferences, rubric, profile, settings and seed alone.
 */
export interface LightModel {
  readonly space: FeatureSpace;
  /** 1 + heads. */
  readonly columns: number;
  /** [bucket × column] */
  readonly ngramWeights: Float32Array;
  /** [dense feature × column] */
  readonly denseWeights: Float32Array;
  /** What each column gives the mean reference answer of a locale. [column] */
  readonly centres: ReadonlyMap<Locale, Float32Array>;
  /** The same over all of them, for other locales. [column] */
  readonly centre: Float32Array;
  /** Logits are divided by it. */
  readonly temperature: number;
  /** η, the width of even pairs, in logits before the temperature; 0 without one. */
  readonly tieWidth: number;
  /** Weights of the nuisance features, which no score contains, and the scales of their gaps. */
  readonly style: { readonly weights: readonly number[]; readonly scales: readonly number[] };
}

/** Puts columns of whole parameter vectors, n-grams first, next to each other as scoring reads them. */
export function interleaveColumns(
  columns: readonly Float64Array[],
  space: FeatureSpace,
): Pick<LightModel, 'columns' | 'ngramWeights' | 'denseWeights'> {
  const { buckets } = space.ngrams;
  return {
    columns: columns.length,
    ngramWeights: interleave(columns, 0, buckets),
    denseWeights: interleave(columns, buckets, denseWidth(space)),
  };
}

/** The same mean from a fifth of the weights, for whoever does not ask for the doubt: there are no heads to disagree. */
export function withoutHeads(model: LightModel): LightModel {
  const first = (weights: Float32Array): Float32Array =>
    Float32Array.from({ length: weights.length / model.columns }, (_, row) => weights[row * model.columns]);
  return {
    ...model,
    columns: 1,
    ngramWeights: first(model.ngramWeights),
    denseWeights: first(model.denseWeights),
    centres: new Map([...model.centres].map(([locale, values]) => [locale, values.slice(0, 1)])),
    centre: model.centre.slice(0, 1),
  };
}

function interleave(columns: readonly Float64Array[], start: number, length: number): Float32Array {
  const together = new Float32Array(length * columns.length);
  for (const [column, weights] of columns.entries()) {
    for (let at = 0; at < length; at += 1) together[at * columns.length + column] = weights[start + at];
  }
  return together;
}
