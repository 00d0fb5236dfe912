import { clippedValueLoss } from '../../../math/value-loss.js';
import {
  add,
  clamp,
  maximum,
  scale,
  square,
  subtract,
  weightedSum,
} from '../../../network/graph/operations/elementwise.js';
import { fromColumn } from '../../../network/graph/operations/reshape.js';
import type { LossRequest } from '../../trainer.js';
import { atPlaces, float32 } from '../shard.js';
import { toPacked } from './loss-program.js';
import type { LossProgram, LossStructure } from './loss-program.js';

type Request = Extract<LossRequest, { type: 'value' }>;
type Structure = Extract<LossStructure, { type: 'value' }>;

/** The clipped value loss of core/math/value-loss, on the critic's one head. */
export const value: LossProgram<Request, Structure> = {
  places: 'token',
  structure: ({ config }) => ({ type: 'value', clip: config.clip !== undefined }),
  build: (tape, model, { clip }) => {
    const values = fromColumn(tape, model.scores());
    const returns = tape.data('returns', ['place']);
    let errors = square(tape, subtract(tape, values, returns));
    if (clip) {
      const oldValues = tape.data('old_values', ['place']);
      const range = tape.data('clip', []);
      const bounded = clamp(tape, values, subtract(tape, oldValues, range), add(tape, oldValues, range));
      errors = maximum(tape, errors, square(tape, subtract(tape, bounded, returns)));
    }
    const weights = tape.data('weights', ['place']);
    return {
      loss: scale(tape, weightedSum(tape, errors, weights), 0.5),
      outputs: { values: { value: values.name, dims: ['place'] } },
    };
  },
  feeds: ({ batch, config }, shard, normalizer) => {
    const weights = Float32Array.from(shard.entries, (entry) => batch.weights[entry] / normalizer);
    return {
      weights: float32([weights.length], weights),
      returns: atPlaces(batch.returns, shard),
      ...(config.clip === undefined
        ? {}
        : {
            old_values: atPlaces(batch.oldValues, shard),
            clip: float32([], Float32Array.of(config.clip)),
          }),
    };
  },
  metrics: ({ batch, config }, results) => {
    const values = toPacked(batch.tokenIds.length, results, 'values');
    const { losses, count, clipped } = clippedValueLoss(
      { values, oldValues: batch.oldValues, returns: batch.returns, mask: batch.weights },
      config.clip,
    );
    const error = losses.reduce((sum, loss) => sum + loss, 0);
    return { valueLoss: { sum: error, count }, clipped: { sum: clipped, count } };
  },
};
