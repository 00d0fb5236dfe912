import { explainedVariance } from '../../../../core/math/explained-variance.js';
import { clippedValueLoss } from '../../../../core/math/value-loss.js';
import { expectClose } from '../../../support/expect-close.js';
import { mathFixture } from '../../../support/math-fixture.js';

const known = mathFixture.valueLoss;
const tokens = {
  values: Float32Array.from(known.values),
  oldValues: Float32Array.from(known.oldValues),
  returns: Float32Array.from(known.returns),
  mask: Float32Array.from(known.mask),
};

describe('clippedValueLoss', () => {
  it('takes the worse of both errors, as worked out by hand', () => {
    const loss = clippedValueLoss(
      {
        values: Float32Array.of(1.5, 0.75, 1.5, 9),
        oldValues: Float32Array.of(1, 1, 1, 1),
        returns: Float32Array.of(2, 2, 0, 0),
        mask: Float32Array.of(1, 1, 1, 0),
      },
      0.25,
    );
    // Clipped to 1.25: (0.75)^2 beats (0.5)^2. Inside the range: (1.25)^2. Clipped to 1.25, but 1.5^2 is worse.
    expectClose(loss.losses, [0.28125, 0.78125, 1.125, 0]);
    expect(loss).toMatchObject({ count: 3, clipped: 1 });
  });

  it('agrees with PyTorch, clipped and not', () => {
    expectClose(clippedValueLoss(tokens, known.clip).losses, known.losses);
    expectClose(clippedValueLoss(tokens).losses, known.unclippedLosses);
    expect(clippedValueLoss(tokens).clipped).toBe(0);
  });

  it('refuses a clip of 0', () => {
    expect(() => clippedValueLoss(tokens, 0)).toThrow('The value clip is 0');
  });
});

describe('explainedVariance', () => {
  it('agrees with PyTorch over the unmasked tokens', () => {
    expect(explainedVariance(tokens.values, tokens.returns, tokens.mask)).toBeCloseTo(
      known.explainedVariance,
      6,
    );
  });

  it('is 1 for a perfect critic up to a constant and 0 for a constant one', () => {
    const all = new Float32Array(tokens.mask.length).fill(1);
    const returns = Float32Array.from({ length: all.length }, (_, t) => t);
    expect(
      explainedVariance(
        returns.map((value) => value + 8),
        returns,
        all,
      ),
    ).toBe(1);
    expect(explainedVariance(all, returns, all)).toBe(0);
  });

  it('is undefined where the returns do not vary or nothing is unmasked', () => {
    const all = new Float32Array(tokens.mask.length).fill(1);
    expect(explainedVariance(tokens.values, all, all)).toBeUndefined();
    expect(
      explainedVariance(
        tokens.values,
        tokens.returns,
        all.map(() => 0),
      ),
    ).toBeUndefined();
  });
});
