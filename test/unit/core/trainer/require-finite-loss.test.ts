import { requireFiniteLoss } from '../../../../core/trainer/require-finite-loss.js';

const place = {
  step: 'supervised step 3 of 600',
  of: 'demonstrations',
  batch: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
  nextStep: 'look at these, or lower supervised.learningRate',
};

describe('requireFiniteLoss', () => {
  it('lets a number pass, however large', () => {
    expect(() => requireFiniteLoss(1e30, place)).not.toThrow();
  });

  it.each([NaN, Infinity])('stops at %d and names step, batch and what to do', (loss) => {
    expect(() => requireFiniteLoss(loss, place)).toThrow(
      `The loss of supervised step 3 of 600 is ${loss}, on demonstrations 1, 2, 3, 4, 5, 6, 7, 8 and 2 more; look at these, or lower supervised.learningRate.`,
    );
  });
});
