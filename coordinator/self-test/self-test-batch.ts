import type { TokenBatch } from '../../core/trainer/trainer.js';

/** Of unequal lengths, so that a mean over sequences or micro-batches is not the mean over tokens. */
const LENGTHS: readonly number[] = [7, 4, 9, 5];
const WEIGHTS: readonly number[] = [1, 0.5, 2];

/** Sequences of a few token ids, with a prompt token each and unequal weights; nothing random. */
export function selfTestBatch(vocabulary: number, temperature: number): TokenBatch {
  const offsets = [0];
  for (const length of LENGTHS) offsets.push(offsets[offsets.length - 1] + length);
  const starts = new Set(offsets);
  const tokens = offsets[offsets.length - 1];
  return {
    tokenIds: Int32Array.from({ length: tokens }, (_, at) => (7 * at * at + 3 * at + 1) % vocabulary),
    offsets: Int32Array.from(offsets),
    weights: Float32Array.from({ length: tokens }, (_, at) =>
      starts.has(at) || starts.has(at - 1) ? 0 : WEIGHTS[at % WEIGHTS.length],
    ),
    temperature,
  };
}

/** One of its sequences, as a batch of its own. */
export function sequenceOf(batch: TokenBatch, at: number): TokenBatch {
  const [first, end] = [batch.offsets[at], batch.offsets[at + 1]];
  return {
    tokenIds: batch.tokenIds.slice(first, end),
    offsets: Int32Array.of(0, end - first),
    weights: batch.weights.slice(first, end),
    temperature: batch.temperature,
  };
}

/** Number of sequences. */
export const SELF_TEST_SEQUENCES = LENGTHS.length;
