import { multiply, subtract, weightedSum } from '../../../network/graph/operations/elementwise.js';
import { linear } from '../../../network/graph/operations/linear.js';
import { toColumn } from '../../../network/graph/operations/reshape.js';
import type { LossRequest } from '../../trainer.js';
import { float32, targetFeed } from '../shard.js';
import type { LossProgram } from './loss-program.js';
import { differenceMatrix, pairFeeds, pairLikelihood } from './pair-likelihood.js';

type Request = Extract<LossRequest, { type: 'dpo' }>;

/**
 * Direct preference optimization (Rafailov et al. 2023, arXiv 2305.18290, equation 7) with soft labels: the
 * Bradley-Terry loss of implicit rewards β (Σ weight × log π − reference sum).
 */
export const dpo: LossProgram<Request, { readonly type: 'dpo' }> = {
  places: 'token',
  structure: () => ({ type: 'dpo' }),
  build: (tape, model) => {
    const logProbs = model.logProbabilities(tape.graph.input('targets', 'int64', ['place']));
    const sums = linear(tape, tape.data('token_weights', ['sequence', 'place']), toColumn(tape, logProbs));
    const gains = subtract(tape, sums, tape.data('reference_sums', ['sequence', 1]));
    const rewards = multiply(tape, gains, tape.data('beta', []));
    const likelihoods = pairLikelihood(tape, linear(tape, differenceMatrix(tape), rewards));
    return {
      loss: weightedSum(tape, likelihoods, tape.data('weights', ['pair', 1])),
      outputs: { rewards: { value: rewards.name, dims: ['sequence', 1] } },
    };
  },
  feeds: ({ batch, config }, shard, normalizer) => {
    const { sequences, owners, entries } = shard;
    const tokenWeights = new Float32Array(sequences.length * entries.length);
    entries.forEach((entry, place) => {
      tokenWeights[owners[place] * entries.length + place] = batch.weights[entry];
    });
    return {
      ...pairFeeds(batch, shard, 1, normalizer),
      targets: targetFeed(batch, shard),
      token_weights: float32([sequences.length, entries.length], tokenWeights),
      reference_sums: float32(
        [sequences.length, 1],
        Float32Array.from(sequences, (sequence) => batch.referenceSums[sequence]),
      ),
      beta: float32([], Float32Array.of(config.beta)),
    };
  },
  metrics: ({ batch }, results) => {
    let [correct, decided, lead] = [0, 0, 0];
    for (const { shard, outputs } of results) {
      const reward = (sequence: number): number => outputs['rewards'][shard.sequences.indexOf(sequence)];
      for (const pair of shard.pairs) {
        const side = Math.sign(batch.labels[pair] - 0.5);
        const difference = side * (reward(batch.first[pair]) - reward(batch.second[pair]));
        lead += difference;
        if (side === 0) continue;
        decided += 1;
        if (difference > 0) correct += 1;
      }
    }
    return { accuracy: { sum: correct, count: decided }, lead: { sum: lead, count: batch.labels.length } };
  },
};
