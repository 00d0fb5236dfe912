import type { ValueName } from '../graph/graph-builder.js';
import { causalAttention } from '../graph/operations/causal-attention.js';
import { add } from '../graph/operations/elementwise.js';
import { gatherRows } from '../graph/operations/gather-rows.js';
import { gelu } from '../graph/operations/gelu.js';
import { layerNorm } from '../graph/operations/layer-norm.js';
import { linear } from '../graph/operations/linear.js';
import type { Tape, Tensor } from '../graph/tape.js';
import { LAYER_NORM_EPSILON } from './gpt-config.js';
import type { GptConfig } from './gpt-config.js';

/** Inputs of the trunk beside the weights. Sequences stand in a grid of equal length, padded on the right. */
export interface TrunkInputs {
  /** int64 [batch × time] */
  readonly tokenIds: ValueName;
  /** Place of each token in its sequence. int64 [batch × time] */
  readonly positions: ValueName;
  /** Rows of the grid whose hidden states are wanted. int64 [place] */
  readonly places: ValueName;
  /** [time, time], see `AttentionShape`. */
  readonly mask: Tensor;
}

/** Looks a parameter up by its Hugging Face name. */
export type ParameterLookup = (name: string) => Tensor;

/**
 * GPT-2 from token ids to final hidden states, at the wanted places only: [place, width]. The last block computes
 * nothing for other places beyond their keys and values.
 */
export function gptTrunk(
  tape: Tape,
  config: GptConfig,
  parameter: ParameterLookup,
  inputs: TrunkInputs,
): Tensor {
  const select = (x: Tensor): Tensor => gatherRows(tape, x, inputs.places, 'place');
  const normalize = (x: Tensor, name: string): Tensor =>
    layerNorm(
      tape,
      x,
      { weight: parameter(`${name}.weight`), bias: parameter(`${name}.bias`) },
      LAYER_NORM_EPSILON,
    );
  const project = (x: Tensor, name: string): Tensor =>
    linear(tape, x, parameter(`${name}.weight`), { bias: parameter(`${name}.bias`) });

  let x = add(
    tape,
    gatherRows(tape, parameter('transformer.wte.weight'), inputs.tokenIds, 'row'),
    gatherRows(tape, parameter('transformer.wpe.weight'), inputs.positions, 'row'),
  );
  for (let layer = 0; layer < config.layers; layer += 1) {
    const block = `transformer.h.${layer}`;
    const projections = project(normalize(x, `${block}.ln_1`), `${block}.attn.c_attn`);
    let mixed = causalAttention(tape, projections, { ...config, mask: inputs.mask });
    if (layer === config.layers - 1) {
      mixed = select(mixed);
      x = select(x);
    }
    x = add(tape, x, project(mixed, `${block}.attn.c_proj`));
    const inner = gelu(tape, project(normalize(x, `${block}.ln_2`), `${block}.mlp.c_fc`));
    x = add(tape, x, project(inner, `${block}.mlp.c_proj`));
  }
  return normalize(x, 'transformer.ln_f');
}
