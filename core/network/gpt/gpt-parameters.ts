import { createRng } from '../../math/rng.js';
import type { Rng } from '../../math/rng.js';
import type { GptConfig } from './gpt-config.js';

/** Parameter values by Hugging Face name. */
export type Weights = Map<string, Float32Array>;

/** Name and shape of one parameter. Matrices of linear layers are [in, out] (Conv1D), those of heads [out, in]. */
export interface Parameter {
  readonly name: string;
  readonly shape: readonly number[];
}

const INITIAL_DEVIATION = 0.02;

/**
 * The parameters in their one fixed order, under the names of Hugging Face's GPT-2. A model either predicts tokens
 * (`scoreHeads` 0: `lm_head.weight`, no score) or scores them (`score.weight` [heads, width] and `score.bias`, no
 * language-model head).
 */
export function gptParameters(config: GptConfig, scoreHeads = 0): readonly Parameter[] {
  const { vocabSize, contextLength, layers, width } = config;
  const blocks = Array.from({ length: layers }, (_, layer) =>
    blockParameters(`transformer.h.${layer}`, width),
  );
  const head =
    scoreHeads === 0
      ? [{ name: 'lm_head.weight', shape: [vocabSize, width] }]
      : [
          { name: 'score.weight', shape: [scoreHeads, width] },
          { name: 'score.bias', shape: [scoreHeads] },
        ];
  return [
    { name: 'transformer.wte.weight', shape: [vocabSize, width] },
    { name: 'transformer.wpe.weight', shape: [contextLength, width] },
    ...blocks.flat(),
    { name: 'transformer.ln_f.weight', shape: [width] },
    { name: 'transformer.ln_f.bias', shape: [width] },
    ...head,
  ];
}

function blockParameters(prefix: string, width: number): Parameter[] {
  return [
    { name: `${prefix}.ln_1.weight`, shape: [width] },
    { name: `${prefix}.ln_1.bias`, shape: [width] },
    { name: `${prefix}.attn.c_attn.weight`, shape: [width, 3 * width] },
    { name: `${prefix}.attn.c_attn.bias`, shape: [3 * width] },
    { name: `${prefix}.attn.c_proj.weight`, shape: [width, width] },
    { name: `${prefix}.attn.c_proj.bias`, shape: [width] },
    { name: `${prefix}.ln_2.weight`, shape: [width] },
    { name: `${prefix}.ln_2.bias`, shape: [width] },
    { name: `${prefix}.mlp.c_fc.weight`, shape: [width, 4 * width] },
    { name: `${prefix}.mlp.c_fc.bias`, shape: [4 * width] },
    { name: `${prefix}.mlp.c_proj.weight`, shape: [4 * width, width] },
    { name: `${prefix}.mlp.c_proj.bias`, shape: [width] },
  ];
}

/** Number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Weights as GPT-2 starts: matrices and embeddings normal(0, 0.02), the projections that end a residual branch
 * divided by √(2 × layers), LayerNorm weights 1, biases 0, score heads 0. Each parameter draws from a stream of its
 * own name, so models that share a trunk and a seed share its weights.
 */
export function initialWeights(config: GptConfig, seed: number, scoreHeads = 0): Weights {
  const root = createRng(seed).fork('gpt-weights');
  const residual = INITIAL_DEVIATION / Math.sqrt(2 * config.layers);
  return new Map(
    gptParameters(config, scoreHeads).map((parameter) => [
      parameter.name,
      initialValues(parameter, root.fork(parameter.name), residual),
    ]),
  );
}

function initialValues({ name, shape }: Parameter, rng: Rng, residualDeviation: number): Float32Array {
  const values = new Float32Array(elementCount(shape));
  if (name.startsWith('score.') || name.endsWith('.bias')) return values;
  if (/\.ln_(1|2|f)\.weight$/.test(name)) return values.fill(1);
  const deviation = name.endsWith('.c_proj.weight') ? residualDeviation : INITIAL_DEVIATION;
  return values.map(() => deviation * rng.normal());
}
