/**
 * Size of a GPT-2 model (Radford et al. 2019): learned positions, LayerNorm before each block (eps 1e-5), tanh GELU,
 * a feed-forward layer of 4 × width, and an output matrix of its own (`tie_word_embeddings: false`).
 */
export interface GptConfig {
  readonly vocabSize: number;
  readonly contextLength: number;
  readonly layers: number;
  readonly width: number;
  /** Attention heads; divides `width`. */
  readonly heads: number;
}

/** GPT-2's LayerNorm epsilon. */
export const LAYER_NORM_EPSILON = 1e-5;
