import { entropyFromLogits } from '../../../../core/math/entropy.js';
import { mathFixture } from '../../../support/math-fixture.js';

describe('entropyFromLogits', () => {
  it('is log n for n equal logits and 0 for a certain outcome', () => {
    expect(entropyFromLogits(Float32Array.of(3, 3, 3, 3))).toBeCloseTo(Math.log(4), 12);
    expect(entropyFromLogits(Float32Array.of(-Infinity, 5, -Infinity))).toBe(0);
  });

  it('agrees with PyTorch at two temperatures', () => {
    const { logits, entropy, entropyAtTemperature } = mathFixture.distributions;
    expect(entropyFromLogits(Float32Array.from(logits))).toBeCloseTo(entropy, 10);
    expect(entropyFromLogits(Float32Array.from(logits), 0.7)).toBeCloseTo(entropyAtTemperature, 10);
  });

  it('does not overflow and does not change when every logit shifts', () => {
    const near = entropyFromLogits(Float32Array.of(0, 1, 2));
    expect(entropyFromLogits(Float32Array.of(4096, 4097, 4098))).toBeCloseTo(near, 12);
  });

  it('refuses a temperature of 0', () => {
    expect(() => entropyFromLogits(Float32Array.of(1, 2), 0)).toThrow('The temperature is 0');
  });
});
