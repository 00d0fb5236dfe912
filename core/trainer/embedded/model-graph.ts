import type { GptConfig } from '../../network/gpt/gpt-config.js';
import { gptParameters } from '../../network/gpt/gpt-parameters.js';
import { gptTrunk } from '../../network/gpt/gpt-trunk.js';
import type { TrunkInputs } from '../../network/gpt/gpt-trunk.js';
import type { ValueName } from '../../network/graph/graph-builder.js';
import { Categorical } from '../../network/graph/operations/categorical.js';
import { multiply } from '../../network/graph/operations/elementwise.js';
import { linear } from '../../network/graph/operations/linear.js';
import type { Tape, Tensor } from '../../network/graph/tape.js';
import { MajlisError } from '../../errors.js';

/** Architecture and head of a model. `scoreHeads` 0 is a language model. */
export interface ModelShape {
  readonly config: GptConfig;
  readonly scoreHeads: number;
}

/** The inputs that models of one graph share: a grid of sequences and the places that are asked for. */
export interface GridInputs extends TrunkInputs {
  /** 1 / temperature, a scalar. */
  readonly inverseTemperature: Tensor;
}

export function gridInputs(tape: Tape): GridInputs {
  const { graph } = tape;
  return {
    tokenIds: graph.input('token_ids', 'int64', ['row']),
    positions: graph.input('positions', 'int64', ['row']),
    places: graph.input('places', 'int64', ['place']),
    mask: tape.data('mask', ['time', 'time']),
    inverseTemperature: tape.data('inverse_temperature', []),
  };
}

/** One model inside a graph: its parameters as graph inputs, and what it says at the asked places. */
export class ModelGraph {
  readonly parameters: readonly Tensor[];
  private readonly byName: ReadonlyMap<string, Tensor>;
  private readonly hidden: Tensor;
  private distribution: Categorical | undefined;

  /** `prefix` goes before parameter names; frozen parameters take no gradient. */
  constructor(
    readonly tape: Tape,
    readonly shape: ModelShape,
    private readonly inputs: GridInputs,
    options: { readonly prefix?: string; readonly frozen?: boolean } = {},
  ) {
    const { prefix = '', frozen = false } = options;
    const declared = gptParameters(shape.config, shape.scoreHeads).map(
      ({ name, shape: dimensions }) =>
        [
          name,
          frozen ? tape.data(prefix + name, dimensions) : tape.parameter(prefix + name, dimensions),
        ] as const,
    );
    this.byName = new Map(declared);
    this.parameters = declared.map(([, tensor]) => tensor);
    this.hidden = gptTrunk(tape, shape.config, (name) => this.parameter(name), inputs);
  }

  /** Next-token distributions at the places, temperature applied. */
  categorical(): Categorical {
    // Dividing the hidden states is dividing the logits, over fewer numbers.
    this.distribution ??= new Categorical(
      this.tape,
      linear(
        this.tape,
        multiply(this.tape, this.hidden, this.inputs.inverseTemperature),
        this.parameter('lm_head.weight'),
        { transposed: true },
      ),
    );
    return this.distribution;
  }

  /** Log-probability of the tokens (int64 [place], graph input `targets`). [place] */
  logProbabilities(targets: ValueName): Tensor {
    return this.categorical().logProbability(targets);
  }

  /** The score heads at the places. [place, head] */
  scores(): Tensor {
    return linear(this.tape, this.hidden, this.parameter('score.weight'), {
      bias: this.parameter('score.bias'),
      transposed: true,
    });
  }

  private parameter(name: string): Tensor {
    const tensor = this.byName.get(name);
    if (tensor !== undefined) return tensor;
    throw new MajlisError(`This model has no ${name}.`, { code: 'failed_precondition' });
  }
}
