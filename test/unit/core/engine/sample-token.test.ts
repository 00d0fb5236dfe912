import { sampleToken } from '../../../../core/engine/embedded/sample-token.js';

/** Probabilities 1/8, 1/2, 0, 1/4, 1/8. */
const logits = Float32Array.of(0, Math.log(4), -Infinity, Math.log(2), 0);
const justBelow1 = 1 - 2 ** -53;

it.each([
  [0, 0],
  [0.1249, 0],
  [0.1251, 1],
  [0.6249, 1],
  [0.6251, 3],
  [0.8749, 3],
  [0.8751, 4],
  [justBelow1, 4],
])('draws at %d of the cumulative sum token %d', (uniform, id) => {
  expect(sampleToken(logits, 1, uniform).id).toBe(id);
});

it('reports the log-probability of the token', () => {
  expect(sampleToken(logits, 1, 0.3).logProb).toBeCloseTo(Math.log(1 / 2), 6);
  expect(sampleToken(logits, 1, 0.7).logProb).toBeCloseTo(Math.log(1 / 4), 6);
});

it('divides logits by the temperature', () => {
  // At temperature 1/2 probabilities are squared: 1, 16, 4 and 1 of 22.
  expect(sampleToken(logits, 0.5, 0.5)).toEqual({
    id: 1,
    logProb: expect.closeTo(Math.log(16 / 22), 6) as number,
  });
});

it('never draws a token of probability 0', () => {
  const impossibleEnds = Float32Array.of(-Infinity, 0, -Infinity);
  expect(sampleToken(impossibleEnds, 1, 0).id).toBe(1);
  expect(sampleToken(impossibleEnds, 1, justBelow1).id).toBe(1);
});

it('works where exponentials would overflow', () => {
  const { id, logProb } = sampleToken(Float32Array.of(1000, 1001), 1, 0.9);
  expect(id).toBe(1);
  expect(logProb).toBeCloseTo(-Math.log(1 + Math.exp(-1)), 6);
});

it.each([[[NaN, 0]], [[Infinity, 0]], [[-Infinity, -Infinity]]])('refuses logits %p', (values) => {
  expect(() => sampleToken(Float32Array.from(values), 1, 0.5)).toThrow('logits that are not numbers');
});
