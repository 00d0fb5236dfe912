import { sequenceSums } from '../../../../coordinator/supervised/sequence-sums.js';

const batch = {
  tokenIds: Int32Array.of(1, 2, 3, 4, 5),
  offsets: Int32Array.of(0, 3, 5),
  weights: Float32Array.of(0, 1, 2, 0, 0.5),
  temperature: 1,
};

describe('sums over sequences', () => {
  it('weigh every token', () => {
    expect(sequenceSums(batch, Float32Array.of(9, 1, 10, 9, 4))).toEqual([21, 2]);
  });

  it('refuse an answer of another length', () => {
    expect(() => sequenceSums(batch, Float32Array.of(1))).toThrow(
      'The trainer answered 1 values for 5 tokens.',
    );
    expect(() => sequenceSums(batch, undefined)).toThrow('The trainer answered no values for 5 tokens.');
  });
});
