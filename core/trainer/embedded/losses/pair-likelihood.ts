import { MajlisError } from '../../../errors.js';
import { add, multiply, scale, softplus, subtract } from '../../../network/graph/operations/elementwise.js';
import type { Tape, Tensor } from '../../../network/graph/tape.js';
import type { Feeds } from '../../../network/session/inference-session.js';
import type { PairBatch } from '../../trainer.js';
import { float32 } from '../shard.js';
import type { Shard } from '../shard.js';

/**
 * The soft-label Bradley-Terry loss of core/math/soft-bradley-terry, without centring, of logits
 * differences [pair, head] + offset: y·softplus(m − z) + (1 − y)·softplus(m + z).
 */
export function pairLikelihood(tape: Tape, differences: Tensor): Tensor {
  const labels = tape.data('labels', ['pair', 1]);
  const margins = tape.data('margins', ['pair', 1]);
  const logits = add(tape, differences, tape.data('logit_offsets', ['pair', 1]));
  const ifFirst = softplus(tape, add(tape, scale(tape, logits, -1), margins));
  const ifSecond = softplus(tape, add(tape, logits, margins));
  const one: Tensor = { name: tape.graph.scalar(1), shape: [], needsGradient: false };
  return add(tape, multiply(tape, ifFirst, labels), multiply(tape, ifSecond, subtract(tape, one, labels)));
}

/** Matrix that takes per-sequence numbers to first minus second of each pair. [pair, sequence] */
export function differenceMatrix(tape: Tape): Tensor {
  return tape.data('difference', ['pair', 'sequence']);
}

/** What `pairLikelihood` and `differenceMatrix` declare, with pair weights for `heads` heads over the normalizer. */
export function pairFeeds(batch: PairBatch, shard: Shard, heads: number, normalizer: number): Feeds {
  const { pairs, sequences } = shard;
  const places = new Map(Array.from(sequences, (sequence, place) => [sequence, place]));
  const difference = new Float32Array(pairs.length * sequences.length);
  const weights = new Float32Array(pairs.length * heads);
  pairs.forEach((pair, row) => {
    difference[row * sequences.length + placeIn(places, batch.first[pair])] += 1;
    difference[row * sequences.length + placeIn(places, batch.second[pair])] -= 1;
    for (let head = 0; head < heads; head += 1) {
      weights[row * heads + head] = batch.pairWeights[pair * heads + head] / normalizer;
    }
  });
  const column = (values: Float32Array | undefined): Float32Array =>
    Float32Array.from(pairs, (pair) => values?.[pair] ?? 0);
  return {
    difference: float32([pairs.length, sequences.length], difference),
    weights: float32([pairs.length, heads], weights),
    labels: float32([pairs.length, 1], column(batch.labels)),
    margins: float32([pairs.length, 1], column(batch.margins)),
    logit_offsets: float32([pairs.length, 1], column(batch.logitOffsets)),
  };
}

function placeIn(places: ReadonlyMap<number, number>, sequence: number): number {
  const place = places.get(sequence);
  if (place !== undefined) return place;
  throw new MajlisError(`A shard has a pair but not its sequence ${sequence}.`, { code: 'internal' });
}

/** Number of heads that a batch's pair weights are for. */
export function pairHeads(batch: PairBatch): number {
  return batch.pairWeights.length / batch.labels.length;
}
