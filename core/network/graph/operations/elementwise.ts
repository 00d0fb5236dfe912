import { MajlisError } from '../../../errors.js';
import type { Dimension, ValueName } from '../graph-builder.js';
import type { Tape, Tensor } from '../tape.js';

/*
 * Binary operations broadcast as ONNX does, with one limit: a gradient flows only into an operand that has the
 * shape of the result. Everything that Majlis broadcasts is given data, which needs none.
 */

export function add(tape: Tape, a: Tensor, b: Tensor): Tensor {
  const name = tape.graph.node('Add', [a.name, b.name]);
  return tape.record(name, resultShape(a, b), [a, b], (gradient) => [gradient, gradient]);
}

export function subtract(tape: Tape, a: Tensor, b: Tensor): Tensor {
  const name = tape.graph.node('Sub', [a.name, b.name]);
  return tape.record(name, resultShape(a, b), [a, b], (gradient) => [
    gradient,
    b.needsGradient ? tape.graph.node('Neg', [gradient]) : undefined,
  ]);
}

export function multiply(tape: Tape, a: Tensor, b: Tensor): Tensor {
  const { graph } = tape;
  const name = graph.node('Mul', [a.name, b.name]);
  return tape.record(name, resultShape(a, b), [a, b], (gradient) => [
    a.needsGradient ? graph.node('Mul', [gradient, b.name]) : undefined,
    b.needsGradient ? graph.node('Mul', [gradient, a.name]) : undefined,
  ]);
}

/** x × factor, for a factor fixed in the graph. */
export function scale(tape: Tape, x: Tensor, factor: number): Tensor {
  return multiply(tape, x, { name: tape.graph.scalar(factor), shape: [], needsGradient: false });
}

export function square(tape: Tape, x: Tensor): Tensor {
  return multiply(tape, x, x);
}

export function exponential(tape: Tape, x: Tensor): Tensor {
  const name = tape.graph.node('Exp', [x.name]);
  return tape.record(name, x.shape, [x], (gradient) => [tape.graph.node('Mul', [gradient, name])]);
}

/** log(1 + eˣ), without overflow. */
export function softplus(tape: Tape, x: Tensor): Tensor {
  const { graph } = tape;
  const name = graph.node('Softplus', [x.name]);
  return tape.record(name, x.shape, [x], (gradient) => [
    graph.node('Mul', [gradient, graph.node('Sigmoid', [x.name])]),
  ]);
}

/** The smaller of both; where they are equal, the gradient is `a`'s. */
export function minimum(tape: Tape, a: Tensor, b: Tensor): Tensor {
  return choice(tape, tape.graph.node('LessOrEqual', [a.name, b.name]), a, b);
}

/** The greater of both; where they are equal, the gradient is `a`'s. */
export function maximum(tape: Tape, a: Tensor, b: Tensor): Tensor {
  return choice(tape, tape.graph.node('GreaterOrEqual', [a.name, b.name]), a, b);
}

/** `x` held within bounds that are given data; outside them no gradient flows. */
export function clamp(tape: Tape, x: Tensor, low: Tensor, high: Tensor): Tensor {
  return minimum(tape, maximum(tape, x, low), high);
}

/** `a` where the condition (a value of type bool) holds, else `b`. */
export function choice(tape: Tape, condition: ValueName, a: Tensor, b: Tensor): Tensor {
  const { graph } = tape;
  const name = graph.node('Where', [condition, a.name, b.name]);
  const zero = graph.scalar(0);
  return tape.record(name, resultShape(a, b), [a, b], (gradient) => [
    a.needsGradient ? graph.node('Where', [condition, gradient, zero]) : undefined,
    b.needsGradient ? graph.node('Where', [condition, zero, gradient]) : undefined,
  ]);
}

/** Sum over all elements, as a scalar. */
export function sum(tape: Tape, x: Tensor): Tensor {
  const { graph } = tape;
  const name = graph.node('ReduceSum', [x.name], { attributes: { keepdims: 0 } });
  return tape.record(name, [], [x], (gradient) => [
    graph.node('Expand', [gradient, graph.node('Shape', [x.name])]),
  ]);
}

/** Σ weight × x, as a scalar; weights are given data. */
export function weightedSum(tape: Tape, x: Tensor, weights: Tensor): Tensor {
  return sum(tape, multiply(tape, x, weights));
}

function resultShape(a: Tensor, b: Tensor): readonly Dimension[] {
  const shape = a.shape.length >= b.shape.length ? a.shape : b.shape;
  const wide = [a, b].find((operand) => operand.shape.join() === shape.join());
  for (const operand of [a, b]) {
    if (operand.needsGradient && operand.shape.join() !== wide?.shape.join()) {
      throw new MajlisError(`No gradient flows into the broadcast operand ${operand.name}.`, {
        code: 'internal',
      });
    }
  }
  return shape;
}
