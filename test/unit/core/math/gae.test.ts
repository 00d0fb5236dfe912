import { generalizedAdvantageEstimation } from '../../../../core/math/gae.js';
import { expectClose } from '../../../support/expect-close.js';
import { mathFixture } from '../../../support/math-fixture.js';

describe('generalizedAdvantageEstimation', () => {
  it('agrees with a case worked out by hand', () => {
    // gamma 1, lambda 0.5. delta = (0 + 2 - 1, 1 + 0 - 2) = (1, -1); A1 = -1, A0 = 1 - 0.5 = 0.5; R = A + V.
    const estimates = generalizedAdvantageEstimation({
      rewards: Float32Array.of(0, 1),
      values: Float32Array.of(1, 2),
      gamma: 1,
      lambda: 0.5,
    });
    expect([...estimates.advantages]).toEqual([0.5, -1]);
    expect([...estimates.returns]).toEqual([1.5, 1]);
  });

  it.each(mathFixture.gae)(
    'agrees with the sum of discounted errors for gamma $gamma, lambda $lambda_',
    (known) => {
      const estimates = generalizedAdvantageEstimation({
        rewards: Float32Array.from(known.rewards),
        values: Float32Array.from(known.values),
        gamma: known.gamma,
        lambda: known.lambda_,
      });
      expectClose(estimates.advantages, known.advantages);
      expectClose(estimates.returns, known.returns);
    },
  );

  it('gives the reward to go as returns when gamma and lambda are 1, whatever the critic says', () => {
    const rewards = Float32Array.of(0.5, -1, 2, 0.25);
    const returns = [
      [0, 0, 0, 0],
      [3, -2, 8, 1],
    ].map(
      (values) =>
        generalizedAdvantageEstimation({ rewards, values: Float32Array.from(values), gamma: 1, lambda: 1 })
          .returns,
    );
    expect(returns.map((each) => [...each])).toEqual([
      [1.75, 1.25, 2.25, 0.25],
      [1.75, 1.25, 2.25, 0.25],
    ]);
  });

  it('gives empty arrays for an answer without tokens', () => {
    const none = new Float32Array(0);
    const estimates = generalizedAdvantageEstimation({ rewards: none, values: none, gamma: 1, lambda: 1 });
    expect(estimates.advantages).toHaveLength(0);
  });

  it('refuses arrays of different lengths and a discount outside 0 to 1', () => {
    const one = Float32Array.of(1);
    const two = Float32Array.of(1, 2);
    const estimate = (values: Float32Array, gamma: number) => () =>
      generalizedAdvantageEstimation({ rewards: two, values, gamma, lambda: 1 });
    expect(estimate(one, 1)).toThrow('rewards 2, values 1');
    expect(estimate(two, 1.1)).toThrow('gamma is 1.1');
    expect(estimate(two, NaN)).toThrow('gamma is NaN');
  });
});
