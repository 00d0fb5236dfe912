import { fitRidgeLogistic } from '../../core/math/ridge-logistic.js';
import type { EncodedAnswer, EncodedPair } from './encoded-pair.js';

/** As much of a pair as a judge of length looks at, in tokens or in characters. */
export interface JudgedLengths extends Pick<EncodedPair, 'probabilityFirst' | 'weight'> {
  readonly first: Pick<EncodedAnswer, 'answerLength'>;
  readonly second: Pick<EncodedAnswer, 'answerLength'>;
}

/** Penalty on the coefficient: a hundred pairs outweigh it, a handful does not. */
const PENALTY = 1;

/**
 * The logit that length alone explains of each pair: γ·tanh((|first| − |second|) / sd), with γ fitted on these pairs.
 * It is added in training and left out at inference, so that the model need not learn to pay for length
 * (length-controlled AlpacaEval, Dubois et al. 2024, arXiv 2404.04475). [pair]
 */
export function lengthOffsets(pairs: readonly EncodedPair[]): Float32Array {
  const gaps = pairs.map(({ first, second }) => first.answerLength - second.answerLength);
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + gap * gap, 0) / Math.max(1, gaps.length));
  if (deviation === 0) return new Float32Array(pairs.length);
  const features = gaps.map((gap) => Math.tanh(gap / deviation));
  const labels = pairs.map(({ probabilityFirst }) => probabilityFirst);
  const [gamma] = fitRidgeLogistic(
    features.map((feature) => [feature]),
    labels,
    PENALTY,
  );
  return Float32Array.from(features, (feature) => gamma * feature);
}

/**
 * How often a judge of length alone would agree with the held-out labels: it prefers the longer or the shorter answer,
 * whichever the training pairs do. Ties in length count half. Absent where no held-out pair has a side.
 */
export function lengthBaseline(
  training: readonly JudgedLengths[],
  heldOut: readonly JudgedLengths[],
): number | undefined {
  const trend = training.reduce(
    (sum, { first, second, probabilityFirst, weight }) =>
      sum + weight * (probabilityFirst - 0.5) * Math.sign(first.answerLength - second.answerLength),
    0,
  );
  const preferLonger = trend >= 0 ? 1 : -1;
  return pairAccuracy(
    heldOut,
    ({ first, second }) => preferLonger * (first.answerLength - second.answerLength),
  );
}

/** Share of the decided pairs whose label and lead point the same way, a lead of 0 counting half. */
export function pairAccuracy<Pair extends Pick<EncodedPair, 'probabilityFirst'>>(
  pairs: readonly Pair[],
  leadOf: (pair: Pair, at: number) => number,
): number | undefined {
  let right = 0;
  let decided = 0;
  for (const [at, pair] of pairs.entries()) {
    const side = Math.sign(pair.probabilityFirst - 0.5);
    if (side === 0) continue;
    decided += 1;
    right += (1 + side * Math.sign(leadOf(pair, at))) / 2;
  }
  return decided === 0 ? undefined : right / decided;
}
