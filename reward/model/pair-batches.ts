import type { Rng } from '../../core/math/rng.js';
import type { PairBatch } from '../../core/trainer/trainer.js';
import type { EncodedPair } from './encoded-pair.js';
import { packSequences } from './pack-sequences.js';

/** A pair that is ready to train on: its nuisance offset, and its weight for each head. */
export interface TrainingPair {
  readonly pair: EncodedPair;
  readonly logitOffset: number;
  /** [head] */
  readonly headWeights: readonly number[];
}

/**
 * Gives each head its own bootstrap sample of prompts: a prompt counts in a head as often as it was drawn. Pairs that no
 * head drew are left out.
 */
export function bootstrapPairs(
  pairs: readonly EncodedPair[],
  logitOffsets: Float32Array,
  { heads, rng }: { readonly heads: number; readonly rng: Rng },
): TrainingPair[] {
  const prompts = [...new Set(pairs.map(({ promptId }) => promptId))];
  const draws = Array.from({ length: heads }, (_, head) => countDraws(prompts, rng.fork(head)));
  return pairs
    .map((pair, at) => ({
      pair,
      logitOffset: logitOffsets[at],
      headWeights: draws.map((counts) => pair.weight * (counts.get(pair.promptId) ?? 0)),
    }))
    .filter(({ headWeights }) => headWeights.some((weight) => weight > 0));
}

/** One head alone sees every prompt once: there is no ensemble to diversify. */
export function plainPairs(pairs: readonly EncodedPair[], logitOffsets: Float32Array): TrainingPair[] {
  return pairs.map((pair, at) => ({ pair, logitOffset: logitOffsets[at], headWeights: [pair.weight] }));
}

/** How often each prompt is drawn in a bootstrap sample of as many. */
export function countDraws(prompts: readonly string[], rng: Rng): Map<string, number> {
  const counts = new Map<string, number>();
  for (let draw = 0; draw < prompts.length; draw += 1) {
    const prompt = prompts[rng.integer(prompts.length)];
    counts.set(prompt, (counts.get(prompt) ?? 0) + 1);
  }
  return counts;
}

/**
 * Endless minibatches of at least `pairsPerStep` pairs (fewer only where there are no more). All pairs of a prompt come
 * together, so that an answer which stands in several is run once; prompts are shuffled anew for each pass.
 */
export function* minibatches(
  pairs: readonly TrainingPair[],
  pairsPerStep: number,
  rng: Rng,
): Generator<TrainingPair[], never, void> {
  const groups = new Map<string, TrainingPair[]>();
  for (const training of pairs) {
    const { promptId } = training.pair;
    groups.set(promptId, [...(groups.get(promptId) ?? []), training]);
  }
  let queue: TrainingPair[][] = [];
  for (let pass = 0; ;) {
    const batch: TrainingPair[] = [];
    const wanted = Math.min(pairsPerStep, pairs.length);
    while (batch.length < wanted) {
      if (queue.length === 0) {
        queue = rng.fork(pass).shuffle([...groups.values()]);
        pass += 1;
      }
      batch.push(...(queue.pop() ?? []));
    }
    yield batch;
  }
}

/** Packs a minibatch; equal sequences are packed once. The normalizer makes the loss a weighted mean. */
export function packPairs(pairs: readonly TrainingPair[]): { batch: PairBatch; normalizer: number } {
  const placeOf = new Map<string, number>();
  const sequences: (readonly number[])[] = [];
  const place = (tokenIds: readonly number[]): number => {
    const key = tokenIds.join();
    const known = placeOf.get(key);
    if (known !== undefined) return known;
    placeOf.set(key, sequences.length);
    sequences.push(tokenIds);
    return sequences.length - 1;
  };
  const first = Int32Array.from(pairs, ({ pair }) => place(pair.first.tokenIds));
  const second = Int32Array.from(pairs, ({ pair }) => place(pair.second.tokenIds));
  const pairWeights = Float32Array.from(pairs.flatMap(({ headWeights }) => headWeights));
  const batch = {
    ...packSequences(sequences),
    first,
    second,
    labels: Float32Array.from(pairs, ({ pair }) => pair.probabilityFirst),
    logitOffsets: Float32Array.from(pairs, ({ logitOffset }) => logitOffset),
    pairWeights,
  };
  return { batch, normalizer: pairWeights.reduce((sum, weight) => sum + weight, 0) };
}
