import { MICROSOFT } from '../graph-builder.js';
import type { ValueName } from '../graph-builder.js';
import type { Tape, Tensor } from '../tape.js';

export interface AttentionShape {
  readonly heads: number;
  readonly width: number;
  /** Added to the attention logits: 0 where a query may look, a huge negative number elsewhere. [time, time] */
  readonly mask: Tensor;
}

/**
 * Multi-head scaled dot-product attention (Vaswani et al. 2017) over projections [batch × time, 3 × width], each row
 * being query, key and value. Returns [batch × time, width]. The length is read from the mask, so one graph serves
 * every batch size and length.
 */
export function causalAttention(tape: Tape, projections: Tensor, shape: AttentionShape): Tensor {
  const { graph } = tape;
  const { heads, width, mask } = shape;
  const headWidth = width / heads;
  const alpha = 1 / Math.sqrt(headWidth);
  const time = graph.node('Shape', [mask.name], { attributes: { start: 0, end: 1 } });
  const grid = (value: ValueName, before: number[], after: number[]): ValueName =>
    graph.node('Reshape', [
      value,
      graph.node('Concat', [graph.integers(...before), time, graph.integers(...after)], {
        attributes: { axis: 0 },
      }),
    ]);
  const transpose = (value: ValueName, perm: number[]): ValueName =>
    graph.node('Transpose', [value], { attributes: { perm } });
  const product = (a: ValueName, b: ValueName, options: Record<string, number>, factor = 1): ValueName =>
    graph.node('FusedMatMul', [a, b], {
      domain: MICROSOFT,
      attributes: options,
      floatAttributes: { alpha: factor },
    });

  // All below are [1, batch, head, time, headWidth], or [1, batch, head, time, time] for the probabilities.
  const stacked = transpose(grid(projections.name, [-1], [3, heads, headWidth]), [2, 0, 3, 1, 4]);
  const [query, key, value] = graph.nodeWithOutputs('Split', [stacked], 3, {
    attributes: { axis: 0, num_outputs: 3 },
  });
  const logits = graph.node('Add', [product(query, key, { transB: 1 }, alpha), mask.name]);
  const probabilities = graph.node('Softmax', [logits], { attributes: { axis: -1 } });
  const mixed = graph.node('MatMul', [probabilities, value]);
  const flat = graph.node('Reshape', [transpose(mixed, [0, 1, 3, 2, 4]), graph.integers(-1, width)]);

  return tape.record(flat, [projections.shape[0], width], [projections], (gradient) => {
    const toMixed = transpose(grid(gradient, [1, -1], [heads, headWidth]), [0, 1, 3, 2, 4]);
    const toProbabilities = product(toMixed, value, { transB: 1 });
    // Σ_j P_j dP_j equals dO · O, which is summed over headWidth instead of time (Dao et al. 2022).
    const rowSums = graph.node('ReduceSum', [graph.node('Mul', [toMixed, mixed]), graph.integers(-1)], {
      attributes: { keepdims: 1 },
    });
    const toLogits = graph.node('Mul', [probabilities, graph.node('Sub', [toProbabilities, rowSums])]);
    const parts = [
      product(toLogits, key, {}, alpha),
      product(toLogits, query, { transA: 1 }, alpha),
      product(probabilities, toMixed, { transA: 1 }),
    ];
    const together = graph.node('Concat', parts, { attributes: { axis: 0 } });
    return [graph.node('Reshape', [transpose(together, [1, 3, 0, 2, 4]), graph.integers(-1, 3 * width)])];
  });
}
