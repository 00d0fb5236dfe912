import type { TokenBatch } from '../../core/trainer/trainer.js';

/** Packs sequences for calls that need no token weights: all are 0. */
export function packSequences(sequences: readonly (readonly number[])[]): TokenBatch {
  const offsets = new Int32Array(sequences.length + 1);
  for (const [at, sequence] of sequences.entries()) offsets[at + 1] = offsets[at] + sequence.length;
  const tokens = offsets[sequences.length];
  const tokenIds = new Int32Array(tokens);
  for (const [at, sequence] of sequences.entries()) tokenIds.set(sequence, offsets[at]);
  return { tokenIds, offsets, weights: new Float32Array(tokens), temperature: 1 };
}
