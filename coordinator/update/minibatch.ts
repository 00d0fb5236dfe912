import type { TrajectoryAdvantages } from '../../core/domain/advantage.js';
import type { AggregationMode } from '../../core/math/loss-aggregation.js';
import { aggregationWeights } from '../../core/math/loss-aggregation.js';
import type { Rng } from '../../core/math/rng.js';
import type { PolicyBatch, TokenBatch, ValueBatch } from '../../core/trainer/trainer.js';
import type { Estimates } from '../evaluate/evaluator.js';

/** Which answers one optimizer step learns from: places in the packed batch. [sequence] */
export interface Minibatch {
  readonly epoch: number;
  readonly sequences: readonly number[];
}

/**
 * The iteration's optimizer steps: each epoch deals all contributing answers, in a seeded order of its own, into
 * minibatches whose sizes differ by one at most. Both models take the same steps. Empty minibatches do not exist.
 */
export function minibatches(
  contributing: readonly number[],
  shape: { readonly epochs: number; readonly minibatches: number },
  rng: Rng,
): Minibatch[] {
  const steps: Minibatch[] = [];
  for (let epoch = 0; epoch < shape.epochs; epoch += 1) {
    const order = rng.fork(epoch).shuffle(contributing);
    for (let place = 0; place < shape.minibatches; place += 1) {
      const start = Math.floor((place * order.length) / shape.minibatches);
      const end = Math.floor(((place + 1) * order.length) / shape.minibatches);
      if (end > start) steps.push({ epoch, sequences: order.slice(start, end) });
    }
  }
  return steps;
}

/** Answers of a minibatch with the loss weight of each one's tokens; the normalizer is the minibatch's. */
export interface WeightedMinibatch extends Minibatch {
  /** [sequence] */
  readonly weights: Float64Array;
  readonly normalizer: number;
}

/** Weighs a minibatch by the aggregation mode. `normLength` is the longest answer allowed. */
export function weighMinibatch(
  minibatch: Minibatch,
  estimates: Estimates,
  aggregation: { readonly mode: AggregationMode; readonly normLength: number },
): WeightedMinibatch {
  const lengths = minibatch.sequences.map((at) => estimates.packed.sequences[at].trajectory.tokenIds.length);
  const { weights, normalizer } = aggregationWeights(aggregation.mode, lengths, aggregation);
  return { ...minibatch, weights, normalizer };
}

/** Cuts a minibatch into pieces of at most `size` answers; the normalizer stays the whole minibatch's. */
export function microBatches(minibatch: WeightedMinibatch, size: number): WeightedMinibatch[] {
  const pieces: WeightedMinibatch[] = [];
  for (let start = 0; start < minibatch.sequences.length; start += size) {
    const sequences = minibatch.sequences.slice(start, start + size);
    pieces.push({ ...minibatch, sequences, weights: minibatch.weights.slice(start, start + size) });
  }
  return pieces;
}

/** The policy's batch of a micro-batch. */
export function policyBatch(
  micro: WeightedMinibatch,
  estimates: Estimates,
  advantages: readonly TrajectoryAdvantages[],
): PolicyBatch {
  const batch = gatherTokens(micro, estimates);
  return {
    ...batch,
    advantages: scatter(micro, batch, (at) => advantages[at].advantages),
    oldLogProbs: gather(micro, batch, estimates, estimates.oldLogProbs),
    referenceLogProbs: gather(micro, batch, estimates, estimates.referenceLogProbs),
  };
}

/** The critic's batch of a micro-batch. */
export function valueBatch(
  micro: WeightedMinibatch,
  estimates: Estimates & { readonly values: Float32Array },
  advantages: readonly TrajectoryAdvantages[],
): ValueBatch {
  const batch = gatherTokens(micro, estimates);
  return {
    ...batch,
    oldValues: gather(micro, batch, estimates, estimates.values),
    returns: scatter(micro, batch, (at) => advantages[at].returns ?? new Float32Array()),
  };
}

function gatherTokens(micro: WeightedMinibatch, { packed }: Estimates): TokenBatch {
  const picked = micro.sequences.map((at) => packed.batch.offsets.subarray(at, at + 2));
  const offsets = new Int32Array(picked.length + 1);
  for (const [place, [start, end]] of picked.entries()) offsets[place + 1] = offsets[place] + end - start;
  const tokenIds = new Int32Array(offsets[picked.length]);
  const weights = new Float32Array(tokenIds.length);
  for (const [place, [start, end]] of picked.entries()) {
    tokenIds.set(packed.batch.tokenIds.subarray(start, end), offsets[place]);
    const answerLength = packed.sequences[micro.sequences[place]].trajectory.tokenIds.length;
    weights.fill(micro.weights[place], offsets[place + 1] - answerLength, offsets[place + 1]);
  }
  return { tokenIds, offsets, weights, temperature: packed.batch.temperature };
}

/** Picks the micro-batch's sequences out of a packed array. [token] */
function gather(
  micro: WeightedMinibatch,
  batch: TokenBatch,
  { packed }: Estimates,
  array: Float32Array,
): Float32Array {
  const gathered = new Float32Array(batch.tokenIds.length);
  for (const [place, at] of micro.sequences.entries()) {
    const { offsets } = packed.batch;
    gathered.set(array.subarray(offsets[at], offsets[at + 1]), batch.offsets[place]);
  }
  return gathered;
}

/** Puts per-answer arrays at the end of their sequences; prompt tokens stay 0. [token] */
function scatter(
  micro: WeightedMinibatch,
  batch: TokenBatch,
  arrayOf: (at: number) => Float32Array,
): Float32Array {
  const scattered = new Float32Array(batch.tokenIds.length);
  for (const [place, at] of micro.sequences.entries()) {
    const array = arrayOf(at);
    scattered.set(array, batch.offsets[place + 1] - array.length);
  }
  return scattered;
}
