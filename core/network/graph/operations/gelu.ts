import type { Tape, Tensor } from '../tape.js';

/**
 * GELU by tanh (Hendrycks and Gimpel 2016), as x · σ(z) with z = 2√(2/π) · (x + 0.044715 x³): the same function,
 * since 1 + tanh(u) = 2σ(2u), with fewer passes over memory in both directions.
 */
export function gelu(tape: Tape, x: Tensor): Tensor {
  const { graph } = tape;
  const linearTerm = 2 * Math.sqrt(2 / Math.PI);
  const cubicTerm = linearTerm * 0.044715;
  const polynomial = (value: string, factor: number): string =>
    graph.node('Add', [graph.node('Mul', [value, graph.scalar(factor)]), graph.scalar(linearTerm)]);
  const squared = graph.node('Mul', [x.name, x.name]);
  const gate = graph.node('Sigmoid', [graph.node('Mul', [x.name, polynomial(squared, cubicTerm)])]);
  const name = graph.node('Mul', [x.name, gate]);
  return tape.record(name, x.shape, [x], (gradient) => {
    // d(xσ)/dx = σ + xσ(1 − σ) · dz/dx
    const slope = graph.node('Mul', [
      graph.node('Sub', [graph.scalar(1), gate]),
      polynomial(squared, 3 * cubicTerm),
    ]);
    const derivative = graph.node('Add', [gate, graph.node('Mul', [name, slope])]);
    return [graph.node('Mul', [gradient, derivative])];
  });
}
