import type { Tape, Tensor } from '../tape.js';

/** A vector [n] as a column [n, 1]. */
export function toColumn(tape: Tape, x: Tensor): Tensor {
  return unit(tape, x, 'Unsqueeze', [...x.shape, 1]);
}

/** A column [n, 1] as a vector [n]. */
export function fromColumn(tape: Tape, x: Tensor): Tensor {
  return unit(tape, x, 'Squeeze', x.shape.slice(0, -1));
}

function unit(tape: Tape, x: Tensor, operator: 'Squeeze' | 'Unsqueeze', shape: Tensor['shape']): Tensor {
  const { graph } = tape;
  const last = graph.integers(-1);
  const inverse = operator === 'Squeeze' ? 'Unsqueeze' : 'Squeeze';
  return tape.record(graph.node(operator, [x.name, last]), shape, [x], (gradient) => [
    graph.node(inverse, [gradient, last]),
  ]);
}
