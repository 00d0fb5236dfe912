import { createHash } from 'node:crypto';

/**
 * The smallest policy that can learn: one logit per token, whatever came before. Its gradients are exact and short
 * enough to check by hand, so a loop over it moves for the right reasons. The fake trainer and engine share it.
 */
export interface UnigramWeights {
  /** [token id] */
  readonly logits: Float64Array;
}

/** log softmax(logits / temperature). [token id] */
export function logSoftmax(logits: Float64Array, temperature: number): Float64Array {
  const scaled = logits.map((logit) => logit / temperature);
  const top = Math.max(...scaled);
  const normalizer = top + Math.log(scaled.reduce((sum, logit) => sum + Math.exp(logit - top), 0));
  return scaled.map((logit) => logit - normalizer);
}

export function weightsHash({ logits }: UnigramWeights): string {
  return createHash('sha256')
    .update(new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength))
    .digest('hex');
}

/** Published weights by directory: the disk that the fake trainer writes and the fake engine reads. */
export type PublishedModels = Map<string, UnigramWeights>;
