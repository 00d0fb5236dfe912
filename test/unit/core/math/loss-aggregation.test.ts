import { aggregationWeights } from '../../../../core/math/loss-aggregation.js';
import type { AggregationMode } from '../../../../core/math/loss-aggregation.js';
import { createRng } from '../../../../core/math/rng.js';
import { mathFixture } from '../../../support/math-fixture.js';

const known = mathFixture.aggregation;
const modes: readonly AggregationMode[] = [
  'token_mean',
  'seq_mean_token_sum',
  'seq_mean_token_mean',
  'seq_mean_token_sum_norm',
  'token_sum',
];

function weightedSum(losses: readonly (readonly number[])[], weights: Float64Array): number {
  return losses.reduce((sum, row, at) => sum + weights[at] * row.reduce((a, b) => a + b, 0), 0);
}

describe('aggregationWeights', () => {
  it.each(modes)('gives what PyTorch gives for %s, with a sequence that has no loss tokens', (mode) => {
    const { weights, normalizer } = aggregationWeights(mode, known.lengths, { normLength: known.normLength });
    expect(weightedSum(known.losses, weights) / normalizer).toBeCloseTo(known[mode], 12);
  });

  it.each(modes)('gives the same loss for %s however the minibatch is cut into shards', (mode) => {
    const rng = createRng(2);
    const lengths = [4, 1, 7, 2, 5, 3];
    const losses = lengths.map((length) => Array.from({ length }, () => rng.normal()));
    const { weights, normalizer } = aggregationWeights(mode, lengths, { normLength: 9 });
    const whole = weightedSum(losses, weights) / normalizer;
    for (const cut of [1, 2, 3, 4, 5]) {
      const shards = [
        { losses: losses.slice(0, cut), lengths: lengths.slice(0, cut) },
        { losses: losses.slice(cut), lengths: lengths.slice(cut) },
      ];
      // A shard computes weights from its own sequences alone and is given the minibatch's normalizer.
      const parts = shards.map(
        (shard) =>
          weightedSum(shard.losses, aggregationWeights(mode, shard.lengths, { normLength: 9 }).weights) /
          normalizer,
      );
      expect(parts[0] + parts[1]).toBeCloseTo(whole, 12);
    }
  });

  it('refuses a minibatch without loss tokens, lengths that are not counts, and a missing norm length', () => {
    expect(() => aggregationWeights('token_mean', [0, 0])).toThrow('No sequence');
    expect(() => aggregationWeights('token_mean', [])).toThrow('No sequence');
    expect(() => aggregationWeights('token_mean', [1.5])).toThrow('1.5 loss tokens');
    expect(() => aggregationWeights('token_mean', [2, -1])).toThrow('-1 loss tokens');
    expect(() => aggregationWeights('seq_mean_token_sum_norm', [2])).toThrow('needs a normLength');
  });
});
