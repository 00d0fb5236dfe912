import { add, multiply, square, weightedSum } from '../../../network/graph/operations/elementwise.js';
import { linear } from '../../../network/graph/operations/linear.js';
import type { LossRequest } from '../../trainer.js';
import { float32 } from '../shard.js';
import type { LossProgram } from './loss-program.js';
import { differenceMatrix, pairFeeds, pairHeads, pairLikelihood } from './pair-likelihood.js';

type Request = Extract<LossRequest, { type: 'bradley_terry' }>;

/** Σ pair weight × soft-label Bradley-Terry loss of each head, with the centring term of core/math/soft-bradley-terry. */
export const bradleyTerry: LossProgram<Request, { readonly type: 'bradley_terry' }> = {
  places: 'sequence_end',
  structure: () => ({ type: 'bradley_terry' }),
  build: (tape, model) => {
    const scores = model.scores();
    const difference = differenceMatrix(tape);
    const likelihoods = pairLikelihood(tape, linear(tape, difference, scores));
    const both = {
      name: tape.graph.node('Abs', [difference.name]),
      shape: difference.shape,
      needsGradient: false,
    };
    const pull = multiply(tape, square(tape, linear(tape, both, scores)), tape.data('centring', []));
    const weights = tape.data('weights', ['pair', model.shape.scoreHeads]);
    return {
      loss: weightedSum(tape, add(tape, likelihoods, pull), weights),
      outputs: { scores: { value: scores.name, dims: ['place', model.shape.scoreHeads] } },
    };
  },
  feeds: ({ batch, config }, shard, normalizer) => ({
    ...pairFeeds(batch, shard, pairHeads(batch), normalizer),
    centring: float32([], Float32Array.of(config.centring)),
  }),
  metrics: ({ batch }, results) => {
    const heads = pairHeads(batch);
    let [correct, decided, lead, scoreSum] = [0, 0, 0, 0];
    for (const { shard, outputs } of results) {
      const mean = (sequence: number): number => {
        const place = shard.sequences.indexOf(sequence);
        const scores = outputs['scores'].subarray(place * heads, (place + 1) * heads);
        return scores.reduce((sum, score) => sum + score, 0) / heads;
      };
      for (const pair of shard.pairs) {
        const [first, second] = [mean(batch.first[pair]), mean(batch.second[pair])];
        const side = Math.sign(batch.labels[pair] - 0.5);
        lead += side * (first - second);
        scoreSum += (first + second) / 2;
        if (side === 0) continue;
        decided += 1;
        if (side * (first - second) > 0) correct += 1;
      }
    }
    const pairs = batch.labels.length;
    return {
      accuracy: { sum: correct, count: decided },
      lead: { sum: lead, count: pairs },
      score: { sum: scoreSum, count: pairs },
    };
  },
};
