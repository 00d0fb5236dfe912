import { z } from 'zod';

import { parseJson } from '../../config/parse-json.js';
import { BadInputError } from '../../errors.js';
import type { GptConfig } from '../gpt/gpt-config.js';
import { LAYER_NORM_EPSILON } from '../gpt/gpt-config.js';

const size = z.int().positive();

/** What of a GPT-2 config.json decides its arithmetic; anything that the embedded network would compute otherwise is refused. */
const configSchema = z.object({
  model_type: z.literal('gpt2'),
  vocab_size: size,
  n_positions: size,
  n_layer: size,
  n_embd: size,
  n_head: size,
  n_inner: size.nullish(),
  activation_function: z.literal('gelu_new'),
  layer_norm_epsilon: z.literal(LAYER_NORM_EPSILON),
  tie_word_embeddings: z.literal(false),
  scale_attn_weights: z.literal(true).optional(),
  scale_attn_by_inverse_layer_idx: z.literal(false).optional(),
});

export interface GptConfigFile {
  readonly config: GptConfig;
  /** 0 for a language model, else the number of scores. */
  readonly scoreHeads: number;
  /** Begins and ends text; absent where the model comes without tokenizer. */
  readonly endTokenId?: number;
}

/** The text of a config.json that transformers opens. */
export function renderGptConfig({ config, scoreHeads, endTokenId }: GptConfigFile): string {
  const file = {
    architectures: [scoreHeads === 0 ? 'GPT2LMHeadModel' : 'GPT2ForSequenceClassification'],
    model_type: 'gpt2',
    vocab_size: config.vocabSize,
    n_positions: config.contextLength,
    n_layer: config.layers,
    n_embd: config.width,
    n_head: config.heads,
    n_inner: 4 * config.width,
    activation_function: 'gelu_new',
    layer_norm_epsilon: LAYER_NORM_EPSILON,
    tie_word_embeddings: false,
    scale_attn_weights: true,
    attn_pdrop: 0,
    embd_pdrop: 0,
    resid_pdrop: 0,
    bos_token_id: endTokenId ?? null,
    eos_token_id: endTokenId ?? null,
    pad_token_id: endTokenId ?? null,
    dtype: 'float32',
    ...(scoreHeads === 0 ? {} : { num_labels: scoreHeads }),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Reads the text of a config.json; `source` names it in errors. */
export function parseGptConfig(text: string, source: string): GptConfig {
  const file = parseJson(text, configSchema, { source });
  if (file.n_embd % file.n_head !== 0) {
    const found = `${String(file.n_head)} heads for a width of ${String(file.n_embd)}`;
    throw new BadInputError({ source, place: 'n_head', found, allowed: 'a divisor of n_embd' });
  }
  if (file.n_inner !== undefined && file.n_inner !== null && file.n_inner !== 4 * file.n_embd) {
    const allowed = `4 × n_embd, ${String(4 * file.n_embd)}`;
    throw new BadInputError({ source, place: 'n_inner', found: String(file.n_inner), allowed });
  }
  return {
    vocabSize: file.vocab_size,
    contextLength: file.n_positions,
    layers: file.n_layer,
    width: file.n_embd,
    heads: file.n_head,
  };
}
