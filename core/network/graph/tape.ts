import { MajlisError } from '../../errors.js';
import type { Dimension, GraphBuilder, ValueName } from './graph-builder.js';

/** A float32 value of a graph under differentiation. */
export interface Tensor {
  readonly name: ValueName;
  readonly shape: readonly Dimension[];
  /** True where it depends on a parameter, so that a gradient has to flow through it. */
  readonly needsGradient: boolean;
}

/** Given d loss / d result, emits d loss / d parent for each parent in order; `undefined` where none is needed. */
export type Pullback = (gradient: ValueName) => readonly (ValueName | undefined)[];

interface Recorded {
  readonly result: Tensor;
  readonly parents: readonly Tensor[];
  readonly pullback: Pullback;
}

/**
 * Reverse-mode differentiation whose output is more graph: operations are recorded as they are emitted, and
 * `gradients` walks the record backwards, emitting each operation's pullback. Pullbacks emit plain nodes, so there
 * are no second derivatives.
 */
export class Tape {
  private readonly recorded: Recorded[] = [];

  constructor(readonly graph: GraphBuilder) {}

  /** A graph input that gradients are wanted for. */
  parameter(name: string, shape: readonly number[]): Tensor {
    return { name: this.graph.input(name, 'float32', shape), shape, needsGradient: true };
  }

  /** A graph input that is given: data, masks, coefficients, frozen weights. */
  data(name: string, shape: readonly Dimension[]): Tensor {
    return { name: this.graph.input(name, 'float32', shape), shape, needsGradient: false };
  }

  /** Records a result of emitted nodes and how a gradient flows back through them. */
  record(
    name: ValueName,
    shape: readonly Dimension[],
    parents: readonly Tensor[],
    pullback: Pullback,
  ): Tensor {
    const needsGradient = parents.some((parent) => parent.needsGradient);
    const result = { name, shape, needsGradient };
    if (needsGradient) this.recorded.push({ result, parents, pullback });
    return result;
  }

  /** Emits d loss / d parameter for a scalar loss, one value per parameter. */
  gradients(loss: Tensor, parameters: readonly Tensor[]): ValueName[] {
    const gradients = new Map<ValueName, ValueName>([[loss.name, this.graph.scalar(1)]]);
    for (const { result, parents, pullback } of [...this.recorded].reverse()) {
      const gradient = gradients.get(result.name);
      if (gradient === undefined) continue;
      pullback(gradient).forEach((flow, place) => {
        const parent = parents[place];
        if (flow === undefined || !parent.needsGradient) return;
        const sum = gradients.get(parent.name);
        gradients.set(parent.name, sum === undefined ? flow : this.graph.node('Add', [sum, flow]));
      });
    }
    return parameters.map(({ name }) => {
      const gradient = gradients.get(name);
      if (gradient !== undefined) return gradient;
      throw new MajlisError(`The loss does not depend on ${name}.`, { code: 'internal' });
    });
  }
}
