import { scale, weightedSum } from '../../../network/graph/operations/elementwise.js';
import type { LossRequest } from '../../trainer.js';
import { float32, targetFeed } from '../shard.js';
import type { LossProgram } from './loss-program.js';

type Request = Extract<LossRequest, { type: 'cross_entropy' }>;

/** −Σ weight × log p(token). */
export const crossEntropy: LossProgram<Request, { readonly type: 'cross_entropy' }> = {
  places: 'token',
  structure: () => ({ type: 'cross_entropy' }),
  build: (tape, model) => {
    const logProbs = model.logProbabilities(tape.graph.input('targets', 'int64', ['place']));
    const weights = tape.data('weights', ['place']);
    return {
      loss: scale(tape, weightedSum(tape, logProbs, weights), -1),
      outputs: { log_probs: { value: logProbs.name, dims: ['place'] } },
    };
  },
  feeds: ({ batch }, shard, normalizer) => {
    const weights = Float32Array.from(shard.entries, (entry) => batch.weights[entry] / normalizer);
    return { targets: targetFeed(batch, shard), weights: float32([weights.length], weights) };
  },
  metrics: (_request, results) => {
    let [sum, count] = [0, 0];
    for (const { outputs } of results) {
      for (const logProb of outputs['log_probs']) sum -= logProb;
      count += outputs['log_probs'].length;
    }
    return { negativeLogLikelihood: { sum, count } };
  },
};
