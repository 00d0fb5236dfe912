import { createRng } from '../../../../core/math/rng.js';
import {
  microBatches,
  minibatches,
  policyBatch,
  valueBatch,
  weighMinibatch,
} from '../../../../coordinator/update/minibatch.js';
import { sketchBatch } from '../../../support/batch-builder.js';
import { expectClose } from '../../../support/expect-close.js';

const { estimates } = sketchBatch([
  [
    { old: [-1], reference: [-1.5], values: [0.1], outcome: 1 },
    { old: [-2, -3], reference: [-2.5, -3.5], values: [0.2, 0.3], outcome: 1 },
  ],
]);
const advantages = [
  { advantages: [5], returns: [6] },
  { advantages: [7, 8], returns: [9, 10] },
].map((one, index) => ({
  taskId: 'task-0',
  index,
  advantages: Float32Array.from(one.advantages),
  returns: Float32Array.from(one.returns),
  weights: new Float32Array(one.advantages.length).fill(1),
}));

describe('minibatches', () => {
  const shape = { epochs: 3, minibatches: 4 };

  it('deals every contributing answer once per epoch, in sizes that differ by one at most', () => {
    const contributing = [0, 2, 3, 5, 6, 7, 9, 11, 12, 13];
    const steps = minibatches(contributing, shape, createRng(1));
    for (let epoch = 0; epoch < 3; epoch += 1) {
      const dealt = steps.filter((step) => step.epoch === epoch);
      expect(dealt.flatMap(({ sequences }) => sequences).sort((a, b) => a - b)).toEqual(contributing);
      expect(dealt.map(({ sequences }) => sequences.length).sort()).toEqual([2, 2, 3, 3]);
    }
  });

  it('orders each epoch of its own, by the seed', () => {
    const contributing = Array.from({ length: 12 }, (_, at) => at);
    const order = (seed: number): string =>
      minibatches(contributing, shape, createRng(seed))
        .map(({ sequences }) => sequences.join())
        .join(' ');
    expect(order(1)).toBe(order(1));
    expect(order(1)).not.toBe(order(2));
    const [first, second] = [0, 1].map((epoch) =>
      minibatches(contributing, shape, createRng(1))
        .filter((step) => step.epoch === epoch)
        .flatMap(({ sequences }) => sequences)
        .join(),
    );
    expect(first).not.toBe(second);
  });

  it('makes no empty minibatch where few answers contribute', () => {
    expect(minibatches([4], { epochs: 2, minibatches: 4 }, createRng(1))).toEqual([
      { epoch: 0, sequences: [4] },
      { epoch: 1, sequences: [4] },
    ]);
    expect(minibatches([], shape, createRng(1))).toEqual([]);
  });
});

describe('a weighted minibatch', () => {
  const whole = { epoch: 0, sequences: [1, 0] };

  it('carries the normalizer of its aggregation mode into every micro-batch', () => {
    const weighted = weighMinibatch(whole, estimates, { mode: 'seq_mean_token_mean', normLength: 4 });
    const pieces = microBatches(weighted, 1);
    expect(pieces.map(({ sequences, normalizer }) => [sequences, normalizer])).toEqual([
      [[1], 2],
      [[0], 2],
    ]);
    expect(pieces.map(({ weights }) => [...weights])).toEqual([[0.5], [1]]);
  });

  it('is packed for the policy with prompts at weight 0 and its own order', () => {
    const weighted = weighMinibatch(whole, estimates, { mode: 'token_mean', normLength: 4 });
    const batch = policyBatch(weighted, estimates, advantages);
    expect([...batch.offsets]).toEqual([0, 4, 7]);
    expect([...batch.tokenIds]).toEqual([1, 1, 3, 3, 1, 1, 3]);
    expect([...batch.weights]).toEqual([0, 0, 1, 1, 0, 0, 1]);
    expect([...batch.advantages]).toEqual([0, 0, 7, 8, 0, 0, 5]);
    expectClose(batch.oldLogProbs, [99, 99, -2, -3, 99, 99, -1]);
    expectClose(batch.referenceLogProbs ?? [], [99, 99, -2.5, -3.5, 99, 99, -1.5]);
    expect(weighted.normalizer).toBe(3);
  });

  it('is packed for the critic with its values and targets', () => {
    const weighted = weighMinibatch(whole, estimates, { mode: 'token_mean', normLength: 4 });
    const { values } = estimates;
    if (values === undefined) throw new Error('the sketch has values');
    const batch = valueBatch(weighted, { ...estimates, values }, advantages);
    expectClose(batch.oldValues, [99, 99, 0.2, 0.3, 99, 99, 0.1]);
    expect([...batch.returns]).toEqual([0, 0, 9, 10, 0, 0, 6]);
  });
});
