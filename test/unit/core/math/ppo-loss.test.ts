import { clippedPolicyLoss, sequenceRatio } from '../../../../core/math/ppo-loss.js';
import type { PolicyTokens } from '../../../../core/math/ppo-loss.js';
import { expectClose } from '../../../support/expect-close.js';
import { mathFixture } from '../../../support/math-fixture.js';

const known = mathFixture.policyLoss;
const tokens: PolicyTokens = {
  logProbs: Float32Array.from(known.logProbs),
  oldLogProbs: Float32Array.from(known.oldLogProbs),
  advantages: Float32Array.from(known.advantages),
  mask: Float32Array.from(known.mask),
};
const clipping = { epsLow: 0.2, epsHigh: 0.3, ratio: 'token' } as const;

/** Tokens whose ratios are exactly known: the old probability is 1. */
function tokensOf(ratios: readonly number[], advantages: readonly number[]): PolicyTokens {
  return {
    logProbs: Float32Array.from(ratios, Math.log),
    oldLogProbs: new Float32Array(ratios.length),
    advantages: Float32Array.from(advantages),
    mask: new Float32Array(ratios.length).fill(1),
  };
}

describe('clippedPolicyLoss', () => {
  it('takes the worse of the plain and the clipped ratio, as worked out by hand', () => {
    const loss = clippedPolicyLoss(tokensOf([1, 1.5, 0.5, 1.5, 0.5], [2, 2, 2, -2, -2]), clipping);
    // -2*1; min(1.5, 1.3) = 1.3; min(0.5, 0.8) = 0.5; 2*1.5 is worse than 2*1.3; 2*0.8 is worse than 2*0.5.
    expectClose(loss.losses, [-2, -2.6, -1, 3, 1.6]);
    expect(loss).toMatchObject({ count: 5, clipped: 2, dualClipped: 0 });
  });

  it('bounds the loss of a negative advantage by the dual clip, and no other', () => {
    const loss = clippedPolicyLoss(tokensOf([5, 2, 5], [-2, -2, 2]), { ...clipping, dualClip: 3 });
    // 10 is cut to 2*3; 4 stays; for the positive one the upper clip decides: -2*1.3.
    expectClose(loss.losses, [6, 4, -2.6]);
    expect(loss).toMatchObject({ clipped: 1, dualClipped: 1 });
  });

  it.each([
    ['token', known.tokenLosses],
    ['sequence', known.sequenceLosses],
  ] as const)('agrees with PyTorch for a ratio per %s', (ratio, expected) => {
    const { epsLow, epsHigh, dualClip } = known;
    const loss = clippedPolicyLoss(tokens, { epsLow, epsHigh, dualClip, ratio });
    expectClose(loss.losses, expected);
    expect(loss.count).toBe(known.count);
    expect(loss.approximateKl).toBeCloseTo(known.approximateKl, 6);
  });

  it('has ratio 1, loss minus advantage and no KL before the first step', () => {
    const first = { ...tokens, logProbs: tokens.oldLogProbs };
    for (const ratio of ['token', 'sequence'] as const) {
      const loss = clippedPolicyLoss(first, { ...clipping, ratio });
      expect([...loss.ratios]).toEqual(known.mask.map(() => 1));
      expectClose(
        loss.losses,
        known.advantages.map((advantage, t) => -advantage * known.mask[t]),
      );
      expect(loss).toMatchObject({ clipped: 0, approximateKl: 0 });
    }
  });

  it('does not read a masked token', () => {
    const poisoned = { ...tokens, logProbs: tokens.logProbs.map((p, t) => (known.mask[t] === 0 ? NaN : p)) };
    for (const ratio of ['token', 'sequence'] as const) {
      expect(clippedPolicyLoss(poisoned, { ...clipping, ratio })).toEqual(
        clippedPolicyLoss(tokens, { ...clipping, ratio }),
      );
    }
  });

  it('stays finite for a log-ratio of 1000', () => {
    const far = { ...tokensOf([1], [-1]), logProbs: Float32Array.of(1000) };
    expect(clippedPolicyLoss(far, clipping).losses[0] / Math.exp(20)).toBeCloseTo(1, 6);
  });

  it('refuses bounds that make no sense', () => {
    const loss = (wrong: object) => () => clippedPolicyLoss(tokens, { ...clipping, ...wrong });
    expect(loss({ dualClip: 1 })).toThrow('dualClip is 1');
    expect(loss({ epsLow: -0.1 })).toThrow('epsLow is -0.1');
    expect(loss({ epsHigh: 0 })).toThrow('epsHigh is 0');
  });
});

describe('sequenceRatio', () => {
  it('is the geometric mean of the ratios of unmasked tokens', () => {
    // sqrt(4 * 9) = 6; the masked token does not count.
    const ratio = sequenceRatio(
      Float32Array.from([4, 100, 9], Math.log),
      new Float32Array(3),
      Float32Array.of(1, 0, 1),
    );
    expect(ratio).toBeCloseTo(6, 5);
    expect(sequenceRatio(tokens.logProbs, tokens.oldLogProbs, tokens.mask)).toBeCloseTo(
      known.sequenceRatio,
      6,
    );
  });

  it('is 1 where every token is masked', () => {
    expect(sequenceRatio(Float32Array.of(-1), Float32Array.of(-2), Float32Array.of(0))).toBe(1);
  });
});
