import { GraphBuilder } from '../../network/graph/graph-builder.js';
import type { Dimension, ValueName } from '../../network/graph/graph-builder.js';
import { fromColumn } from '../../network/graph/operations/reshape.js';
import { Tape } from '../../network/graph/tape.js';
import type { ForwardWant } from '../trainer.js';
import type { LossStructure } from './losses/loss-program.js';
import { lossProgram } from './losses/loss-programs.js';
import { gridInputs, ModelGraph } from './model-graph.js';
import type { ModelShape } from './model-graph.js';

/** Everything that decides a graph. Equal specs give equal graphs, so the JSON of one is its key. */
export type GraphSpec =
  | { readonly kind: 'loss'; readonly model: ModelShape; readonly loss: LossStructure }
  | {
      readonly kind: 'forward';
      readonly model: ModelShape;
      readonly want: readonly ForwardWant[];
      /** The second model of `kl`. */
      readonly against?: ModelShape;
    };

/** Prefix of the second model's parameters among the graph's inputs. */
export const AGAINST_PREFIX = 'against.';
/** Prefix of gradients among the graph's outputs. */
export const GRADIENT_PREFIX = 'gradient.';

/** The ONNX model of a spec. */
export function buildGraph(spec: GraphSpec): Uint8Array {
  return spec.kind === 'loss' ? buildLossGraph(spec) : buildForwardGraph(spec);
}

function buildLossGraph({ model: shape, loss: structure }: GraphSpec & { kind: 'loss' }): Uint8Array {
  const graph = new GraphBuilder(structure.type);
  const tape = new Tape(graph);
  const model = new ModelGraph(tape, shape, gridInputs(tape));
  const { loss, outputs } = lossProgram(structure.type).build(tape, model, structure);
  graph.output(loss.name, 'loss', 'float32', []);
  for (const [name, { value, dims }] of Object.entries(outputs)) graph.output(value, name, 'float32', dims);
  const gradients = tape.gradients(loss, model.parameters);
  model.parameters.forEach(({ name, shape: dimensions }, place) => {
    graph.output(gradients[place], GRADIENT_PREFIX + name, 'float32', dimensions);
  });
  return graph.build();
}

function buildForwardGraph(spec: GraphSpec & { kind: 'forward' }): Uint8Array {
  const graph = new GraphBuilder('forward');
  const tape = new Tape(graph);
  const inputs = gridInputs(tape);
  const model = new ModelGraph(tape, spec.model, inputs, { frozen: true });
  const output = (value: ValueName, name: string, dims: readonly Dimension[] = ['place']): void =>
    graph.output(value, name, 'float32', dims);
  for (const want of spec.want) {
    switch (want) {
      case 'log_probs':
        output(model.logProbabilities(graph.input('targets', 'int64', ['place'])).name, want);
        break;
      case 'entropy':
        output(model.categorical().entropy().name, want);
        break;
      case 'values':
        output(fromColumn(tape, model.scores()).name, want);
        break;
      case 'scores':
        output(model.scores().name, want, ['place', spec.model.scoreHeads]);
        break;
      case 'kl': {
        const shape = spec.against ?? spec.model;
        const other = new ModelGraph(tape, shape, inputs, { frozen: true, prefix: AGAINST_PREFIX });
        output(model.categorical().divergence(other.categorical()), want);
        break;
      }
    }
  }
  return graph.build();
}
