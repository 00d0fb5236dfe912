import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRng } from '../../../core/math/rng.js';
import { encodeSafetensors } from '../../../core/network/model-directory/safetensors.js';

const WIDTH = 32;
const LAYERS = 2;
const HEADS = 4;
const KEY_HEADS = 2;
const HEAD_WIDTH = 8;
const INNER = 64;

/** A Qwen3 as Hugging Face writes one, two layers small, random, with tied embeddings. */
export async function writeTinyQwen3(directory: string, vocabSize: number): Promise<void> {
  const config = {
    architectures: ['Qwen3ForCausalLM'],
    model_type: 'qwen3',
    vocab_size: vocabSize,
    hidden_size: WIDTH,
    intermediate_size: INNER,
    num_hidden_layers: LAYERS,
    num_attention_heads: HEADS,
    num_key_value_heads: KEY_HEADS,
    head_dim: HEAD_WIDTH,
    max_position_embeddings: 512,
    hidden_act: 'silu',
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    attention_bias: false,
    attention_dropout: 0.3,
    tie_word_embeddings: true,
    dtype: 'float32',
  };
  const rng = createRng(8);
  const tensors = parameters(vocabSize).map(({ name, shape }) => {
    const length = shape.reduce((product, size) => product * size, 1);
    const isNorm = name.endsWith('norm.weight');
    return {
      name,
      shape,
      values: Float32Array.from({ length }, () => (isNorm ? 1 : 0) + 0.2 * rng.normal()),
    };
  });
  await mkdir(directory);
  await writeFile(join(directory, 'config.json'), JSON.stringify(config));
  await writeFile(join(directory, 'model.safetensors'), encodeSafetensors(tensors));
}

function parameters(vocabSize: number): { readonly name: string; readonly shape: readonly number[] }[] {
  const layers = Array.from({ length: LAYERS }, (_, layer) => {
    const shapes: Readonly<Record<string, readonly number[]>> = {
      'self_attn.q_proj': [HEADS * HEAD_WIDTH, WIDTH],
      'self_attn.k_proj': [KEY_HEADS * HEAD_WIDTH, WIDTH],
      'self_attn.v_proj': [KEY_HEADS * HEAD_WIDTH, WIDTH],
      'self_attn.o_proj': [WIDTH, HEADS * HEAD_WIDTH],
      'self_attn.q_norm': [HEAD_WIDTH],
      'self_attn.k_norm': [HEAD_WIDTH],
      'mlp.gate_proj': [INNER, WIDTH],
      'mlp.up_proj': [INNER, WIDTH],
      'mlp.down_proj': [WIDTH, INNER],
      input_layernorm: [WIDTH],
      post_attention_layernorm: [WIDTH],
    };
    return Object.entries(shapes).map(([name, shape]) => ({
      name: `model.layers.${layer}.${name}.weight`,
      shape,
    }));
  });
  return [
    { name: 'model.embed_tokens.weight', shape: [vocabSize, WIDTH] },
    ...layers.flat(),
    { name: 'model.norm.weight', shape: [WIDTH] },
  ];
}
