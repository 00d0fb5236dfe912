import { MajlisError } from '../../core/errors.js';
import type { TokenBatch } from '../../core/trainer/trainer.js';

/** Sums a per-token array, weighted by the batch's token weights, over each sequence. [sequence] */
export function sequenceSums(batch: TokenBatch, values: Float32Array | undefined): number[] {
  const { offsets, weights } = batch;
  if (values?.length !== weights.length) {
    const found = `${values?.length ?? 'no'} values for ${weights.length} tokens`;
    throw new MajlisError(`The trainer answered ${found}.`, { code: 'data_loss' });
  }
  return Array.from({ length: offsets.length - 1 }, (_, sequence) => {
    let sum = 0;
    for (let at = offsets[sequence]; at < offsets[sequence + 1]; at += 1) sum += weights[at] * values[at];
    return sum;
  });
}
