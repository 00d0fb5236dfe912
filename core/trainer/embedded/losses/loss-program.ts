import type { Dimension, ValueName } from '../../../network/graph/graph-builder.js';
import type { Tape, Tensor } from '../../../network/graph/tape.js';
import type { Feeds } from '../../../network/session/inference-session.js';
import type { KlKind, LossRequest, MetricSums } from '../../trainer.js';
import type { ModelGraph } from '../model-graph.js';
import type { PlaceKind, Shard } from '../shard.js';

/** What decides a loss's graph. Numbers such as clip bounds are fed, so that changing one opens no new session. */
export type LossStructure =
  | { readonly type: 'cross_entropy' }
  | {
      readonly type: 'ppo';
      readonly dualClip: boolean;
      readonly ratio: 'token' | 'sequence';
      readonly entropy: boolean;
      readonly kl?: KlKind;
    }
  | { readonly type: 'value'; readonly clip: boolean }
  | { readonly type: 'bradley_terry' }
  | { readonly type: 'dpo' };

/** What a loss emits beside the scalar: values for metrics, by name. */
export interface BuiltLoss {
  readonly loss: Tensor;
  readonly outputs: Readonly<
    Record<string, { readonly value: ValueName; readonly dims: readonly Dimension[] }>
  >;
}

/** Outputs of one shard's run by name, without gradients. */
export type ShardOutputs = Readonly<Record<string, Float32Array>>;

/**
 * One loss as a graph, as feeds for a shard, and as metrics from what came out. Feeds carry weights that are already
 * divided by the normalizer, so the graph's loss is a plain weighted sum.
 */
export interface LossProgram<Request extends LossRequest, Structure extends LossStructure> {
  readonly places: PlaceKind;
  structure(request: Request): Structure;
  build(tape: Tape, model: ModelGraph, structure: Structure): BuiltLoss;
  feeds(request: Request, shard: Shard, normalizer: number): Feeds;
  metrics(request: Request, results: readonly ShardResult[]): MetricSums;
}

export interface ShardResult {
  readonly shard: Shard;
  readonly outputs: ShardOutputs;
}

/** Puts an output at places back into the batch's packing; 0 where there is no place. [token] */
export function toPacked(length: number, results: readonly ShardResult[], output: string): Float32Array {
  const packed = new Float32Array(length);
  for (const { shard, outputs } of results) {
    shard.entries.forEach((entry, place) => {
      packed[entry] = outputs[output][place];
    });
  }
  return packed;
}
