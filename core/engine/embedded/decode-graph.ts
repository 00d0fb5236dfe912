import type { GptConfig } from '../../network/gpt/gpt-config.js';
import { LAYER_NORM_EPSILON } from '../../network/gpt/gpt-config.js';
import { gptParameters } from '../../network/gpt/gpt-parameters.js';
import type { ValueName } from '../../network/graph/graph-builder.js';
import { GraphBuilder, MICROSOFT } from '../../network/graph/graph-builder.js';

/**
 * GPT-2's next-token graph with a key-value cache; one graph serves prefill and every step, since batch, new tokens
 * and past are free dimensions.
 *
 * Feeds: `token_ids` [batch, new], `positions` [new], `past_<layer>` [2, batch, head, past, headWidth] (keys, then
 * values), and every parameter under its Hugging Face name: weights are fed and not built in, so that the next
 * policy version costs no new session. Results: `logits` [batch, vocabulary] of the last new token, and
 * `present_<layer>`, the past with the new tokens appended.
 *
 * ONNX Runtime's fused operators (https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md) are
 * used because a step is small enough for the cost per operator to count.
 */
export function buildDecodeGraph(config: GptConfig): Uint8Array {
  const graph = new GraphBuilder('gpt2-decode');
  const { layers, width, heads, vocabSize } = config;
  for (const { name, shape } of gptParameters(config)) graph.input(name, 'float32', shape);
  const ids = graph.input('token_ids', 'int64', ['batch', 'new']);
  const positions = graph.input('positions', 'int64', ['new']);

  let residual = graph.node('Add', [
    graph.node('Gather', ['transformer.wte.weight', ids]),
    graph.node('Gather', ['transformer.wpe.weight', positions]),
  ]);
  let normed = graph.node(
    'LayerNormalization',
    [residual, 'transformer.h.0.ln_1.weight', 'transformer.h.0.ln_1.bias'],
    { attributes: { axis: -1 }, floatAttributes: { epsilon: LAYER_NORM_EPSILON } },
  );
  for (let layer = 0; layer < layers; layer += 1) {
    const cache = (length: string) => [2, 'batch', heads, length, width / heads];
    const past = graph.input(pastName(layer), 'float32', cache('past'));
    const block = addBlock(graph, { residual, normed, past, layer, config });
    graph.output(block.present, presentName(layer), 'float32', cache('present'));
    ({ residual, normed } = block);
  }
  const last = graph.node('Gather', [normed, graph.constant('int64', [], [-1])], { attributes: { axis: 1 } });
  const logits = graph.node('Gemm', [last, 'lm_head.weight'], { attributes: { transB: 1 } });
  graph.output(logits, 'logits', 'float32', ['batch', vocabSize]);
  return graph.build();
}

/** Feed that holds a layer's cache. */
export function pastName(layer: number): string {
  return `past_${String(layer)}`;
}

/** Result that holds a layer's longer cache. */
export function presentName(layer: number): string {
  return `present_${String(layer)}`;
}

interface Block {
  /** The stream that blocks add to. [batch, new, width] */
  readonly residual: ValueName;
  /** The stream after the LayerNorm that comes next. [batch, new, width] */
  readonly normed: ValueName;
  readonly past: ValueName;
  readonly layer: number;
  readonly config: GptConfig;
}

function addBlock(
  graph: GraphBuilder,
  { residual, normed, past, layer, config }: Block,
): { residual: ValueName; normed: ValueName; present: ValueName } {
  const prefix = `transformer.h.${String(layer)}`;
  const afterBlock =
    layer + 1 < config.layers ? `transformer.h.${String(layer + 1)}.ln_1` : 'transformer.ln_f';
  const [attended, present] = graph.nodeWithOutputs(
    'Attention',
    [normed, `${prefix}.attn.c_attn.weight`, `${prefix}.attn.c_attn.bias`, '', past],
    2,
    { domain: MICROSOFT, attributes: { num_heads: config.heads, unidirectional: 1 } },
  );
  const projected = graph.node('MatMul', [attended, `${prefix}.attn.c_proj.weight`]);
  const middle = addAndNorm(graph, [projected, residual], `${prefix}.attn.c_proj.bias`, `${prefix}.ln_2`);
  const wide = graph.node('MatMul', [middle.normed, `${prefix}.mlp.c_fc.weight`]);
  // FastGelu is the tanh form, which Hugging Face calls gelu_new.
  const active = graph.node('FastGelu', [wide, `${prefix}.mlp.c_fc.bias`], { domain: MICROSOFT });
  const narrow = graph.node('MatMul', [active, `${prefix}.mlp.c_proj.weight`]);
  const end = addAndNorm(graph, [narrow, middle.residual], `${prefix}.mlp.c_proj.bias`, afterBlock);
  return { ...end, present };
}

/** residual = branch + bias + stream, and its LayerNorm, in one operator. */
function addAndNorm(
  graph: GraphBuilder,
  [branch, stream]: readonly [ValueName, ValueName],
  bias: ValueName,
  norm: string,
): { residual: ValueName; normed: ValueName } {
  const [normed, , , residual] = graph.nodeWithOutputs(
    'SkipLayerNormalization',
    [branch, stream, `${norm}.weight`, `${norm}.bias`, bias],
    4,
    { domain: MICROSOFT, floatAttributes: { epsilon: LAYER_NORM_EPSILON } },
  );
  return { residual, normed };
}
