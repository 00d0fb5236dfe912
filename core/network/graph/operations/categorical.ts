import type { ValueName } from '../graph-builder.js';
import type { Tape, Tensor } from '../tape.js';

/** A softmax distribution for each row of logits [row, outcome], and what is asked of it. */
export class Categorical {
  private readonly logSoftmax: ValueName;
  private softmax: ValueName | undefined;

  constructor(
    private readonly tape: Tape,
    private readonly logits: Tensor,
  ) {
    this.logSoftmax = tape.graph.node('LogSoftmax', [logits.name], { attributes: { axis: -1 } });
  }

  /** Natural log-probability of each row's outcome (int64 [row]). [row] */
  logProbability(outcomes: ValueName): Tensor {
    const { graph } = this.tape;
    const column = graph.node('Unsqueeze', [outcomes, graph.integers(-1)]);
    const picked = graph.node('GatherElements', [this.logSoftmax, column], { attributes: { axis: 1 } });
    const name = graph.node('Squeeze', [picked, graph.integers(-1)]);
    return this.tape.record(name, [this.logits.shape[0]], [this.logits], (gradient) => {
      // (one-hot − softmax) × gradient
      const updates = this.column(gradient);
      const away = graph.node('Mul', [this.probabilities(), graph.node('Neg', [updates])]);
      return [
        graph.node('ScatterElements', [away, column, updates], {
          attributes: { axis: 1, reduction: 'add' },
        }),
      ];
    });
  }

  /** Entropy of each row in nats. [row] */
  entropy(): Tensor {
    const { graph } = this.tape;
    const negative = this.expectation(this.logSoftmax);
    const name = graph.node('Neg', [negative]);
    return this.tape.record(name, [this.logits.shape[0]], [this.logits], (gradient) => {
      // dH/dz = −p (log p + H)
      const excess = graph.node('Sub', [this.logSoftmax, this.column(negative)]);
      const slope = graph.node('Mul', [this.probabilities(), excess]);
      return [graph.node('Mul', [slope, this.column(graph.node('Neg', [gradient]))])];
    });
  }

  /** KL(this ‖ other) of each row in nats, summed over all outcomes. It carries no gradient. [row] */
  divergence(other: Categorical): ValueName {
    return this.expectation(this.tape.graph.node('Sub', [this.logSoftmax, other.logSoftmax]));
  }

  private expectation(value: ValueName): ValueName {
    const { graph } = this.tape;
    const product = graph.node('Mul', [this.probabilities(), value]);
    return graph.node('ReduceSum', [product, graph.integers(-1)], { attributes: { keepdims: 0 } });
  }

  private probabilities(): ValueName {
    this.softmax ??= this.tape.graph.node('Exp', [this.logSoftmax]);
    return this.softmax;
  }

  private column(value: ValueName): ValueName {
    return this.tape.graph.node('Unsqueeze', [value, this.tape.graph.integers(-1)]);
  }
}
