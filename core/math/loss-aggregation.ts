/**
 * How token losses become one number.
 *
 * A mode is a weight per sequence and one normalizer: loss = Σ_s weight_s · Σ_t loss_{s,t} / normalizer. A weight
 * depends on its own sequence alone and the normalizer on the whole minibatch, so shards and micro-batches that use
 * the minibatch's normalizer add up to the same loss and gradient. Sequences without loss tokens do not count.
 */
import { invalid, requirePositive } from './argument-checks.js';

/** What each stands for is at `aggregationWeights`. */
export type AggregationMode =
  'token_mean' | 'seq_mean_token_sum' | 'seq_mean_token_mean' | 'seq_mean_token_sum_norm' | 'token_sum';

export interface AggregationOptions {
  /** The constant length that `seq_mean_token_sum_norm` divides by, such as the longest answer allowed. */
  readonly normLength?: number;
}

export interface Aggregation {
  /** Weight of every loss token of a sequence; 0 for a sequence without any. [sequence] */
  readonly weights: Float64Array;
  readonly normalizer: number;
}

/**
 * Weights and normalizer of a minibatch, from the number of loss tokens of each sequence. [sequence]
 *
 * - `token_mean`: Σ all / number of tokens (DAPO, arXiv 2503.14476).
 * - `seq_mean_token_sum`: mean over sequences of their sums.
 * - `seq_mean_token_mean`: mean over sequences of their means (GRPO, arXiv 2402.03300).
 * - `seq_mean_token_sum_norm`: mean over sequences of sum / `normLength` (Dr. GRPO, arXiv 2503.20783).
 * - `token_sum`: Σ all.
 */
export function aggregationWeights(
  mode: AggregationMode,
  lengths: readonly number[],
  options: AggregationOptions = {},
): Aggregation {
  requireLengths(lengths);
  const perMean = mode === 'seq_mean_token_mean';
  const weights = Float64Array.from(lengths, (length) => (length === 0 ? 0 : perMean ? 1 / length : 1));
  return { weights, normalizer: normalizerOf(mode, lengths, options) };
}

function normalizerOf(
  mode: AggregationMode,
  lengths: readonly number[],
  options: AggregationOptions,
): number {
  const sequences = lengths.filter((length) => length > 0).length;
  switch (mode) {
    case 'token_mean':
      return lengths.reduce((sum, length) => sum + length, 0);
    case 'seq_mean_token_sum':
    case 'seq_mean_token_mean':
      return sequences;
    case 'seq_mean_token_sum_norm':
      if (options.normLength === undefined) throw invalid('seq_mean_token_sum_norm needs a normLength.');
      requirePositive('normLength', options.normLength);
      return sequences * options.normLength;
    case 'token_sum':
      return 1;
  }
}

function requireLengths(lengths: readonly number[]): void {
  const wrong = lengths.find((length) => !Number.isInteger(length) || length < 0);
  if (wrong !== undefined) throw invalid(`A sequence has ${wrong} loss tokens; it must be a count.`);
  if (!lengths.some((length) => length > 0)) throw invalid('No sequence of the minibatch has a loss token.');
}
