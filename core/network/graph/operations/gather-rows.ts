import type { Dimension, ValueName } from '../graph-builder.js';
import type { Tape, Tensor } from '../tape.js';

/** Rows of x [row, width] at the indices (int64 [dimension]); a row may be taken more than once. */
export function gatherRows(tape: Tape, x: Tensor, indices: ValueName, dimension: Dimension): Tensor {
  const { graph } = tape;
  const name = graph.node('Gather', [x.name, indices]);
  return tape.record(name, [dimension, ...x.shape.slice(1)], [x], (gradient) => {
    const zeros = graph.node('ConstantOfShape', [graph.node('Shape', [x.name])]);
    const column = graph.node('Unsqueeze', [indices, graph.integers(-1)]);
    return [graph.node('ScatterND', [zeros, column, gradient], { attributes: { reduction: 'add' } })];
  });
}
