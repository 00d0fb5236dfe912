import { tokenRewards } from '../../../../core/math/token-rewards.js';
import { expectClose } from '../../../support/expect-close.js';

const answer = {
  score: 2,
  logProbs: Float32Array.of(-1, -2, -0.5),
  referenceLogProbs: Float32Array.of(-1.5, -1, -0.5),
  beta: 0.1,
  klKind: 'k1',
  missingEosPenalty: 1.5,
  finish: 'stop',
} as const;

describe('tokenRewards', () => {
  it('charges KL on every token and pays the score on the last', () => {
    // k1 = 0.5, -1, 0; times -0.1; plus 2 on the last.
    expectClose(tokenRewards(answer), [-0.05, 0.1, 2]);
  });

  it('charges the chosen estimator', () => {
    // k2 = 0.125, 0.5, 0
    expectClose(tokenRewards({ ...answer, klKind: 'k2' }), [-0.0125, -0.05, 2]);
  });

  it('takes the penalty from an answer that was cut off, and from no other', () => {
    expectClose(tokenRewards({ ...answer, finish: 'length' }), [-0.05, 0.1, 0.5]);
    expectClose(tokenRewards({ ...answer, finish: 'length', missingEosPenalty: 0 }), [-0.05, 0.1, 2]);
  });

  it('puts KL and score on the same token in an answer of one token', () => {
    const single = { ...answer, logProbs: Float32Array.of(-1), referenceLogProbs: Float32Array.of(-3) };
    expectClose(tokenRewards(single), [1.8]);
  });

  it('refuses an empty answer, a missing score and arrays of different lengths', () => {
    const none = new Float32Array(0);
    expect(() => tokenRewards({ ...answer, logProbs: none, referenceLogProbs: none })).toThrow(
      'without tokens',
    );
    expect(() => tokenRewards({ ...answer, score: NaN })).toThrow('The score is NaN');
    expect(() => tokenRewards({ ...answer, logProbs: none })).toThrow('logProbs 0, referenceLogProbs 3');
  });
});
