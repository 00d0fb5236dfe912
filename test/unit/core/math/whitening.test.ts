import { createRng } from '../../../../core/math/rng.js';
import { maskedWhiten } from '../../../../core/math/whitening.js';
import { expectClose } from '../../../support/expect-close.js';
import { mathFixture } from '../../../support/math-fixture.js';

const known = mathFixture.whitening;
const values = Float32Array.from(known.values);
const mask = Float32Array.from(known.mask);

describe('maskedWhiten', () => {
  it('agrees with hand-worked numbers', () => {
    // 1 and 3 inside: mean 2, unbiased variance 2, so -1/sqrt(2) and 1/sqrt(2); the 100 outside does not count.
    const whitened = maskedWhiten(Float32Array.of(1, 100, 3), Float32Array.of(1, 0, 1));
    expectClose(whitened, [-Math.SQRT1_2, 0, Math.SQRT1_2]);
  });

  it('agrees with PyTorch, with and without the mean', () => {
    expectClose(maskedWhiten(values, mask), known.whitened);
    expectClose(maskedWhiten(values, mask, { shiftMean: false }), known.scaledOnly);
  });

  it('does not change when all values are shifted and scaled, and does not read what is masked', () => {
    const rng = createRng(1);
    for (let trial = 0; trial < 20; trial += 1) {
      const scale = 0.5 + 4 * rng.uniform();
      const shift = rng.normal();
      const moved = values.map((value, at) => (mask[at] === 0 ? NaN : scale * value + shift));
      expectClose(maskedWhiten(moved, mask), known.whitened, 1e-5);
    }
  });

  it('gives zeros where all values are equal', () => {
    expect([...maskedWhiten(Float32Array.of(2, 2, 2), Float32Array.of(1, 1, 1))]).toEqual([0, 0, 0]);
  });

  it('keeps its precision where the mean is large against the spread', () => {
    const far = Float32Array.of(4096, 4097, 4098);
    expectClose(maskedWhiten(far, Float32Array.of(1, 1, 1)), [-1, 0, 1]);
  });

  it('refuses fewer than two values inside the mask', () => {
    expect(() => maskedWhiten(Float32Array.of(1, 2), Float32Array.of(0, 1))).toThrow('there are 1');
    expect(() => maskedWhiten(new Float32Array(0), new Float32Array(0))).toThrow('there are 0');
  });
});
