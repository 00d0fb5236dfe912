import { exactKl, klEstimate } from '../../../../core/math/kl.js';
import { mathFixture } from '../../../support/math-fixture.js';

describe('klEstimate', () => {
  it('agrees with hand-worked numbers', () => {
    // Delta = -1 - (-1.5) = 0.5; k2 = 0.125; k3 = exp(-0.5) - 1 + 0.5 = 0.10653066
    expect(klEstimate('k1', -1, -1.5)).toBe(0.5);
    expect(klEstimate('k2', -1, -1.5)).toBe(0.125);
    expect(klEstimate('k3', -1, -1.5)).toBeCloseTo(0.10653066, 8);
    expect(klEstimate('k1', -1.5, -1)).toBe(-0.5);
    // Delta = -0.5: exp(0.5) - 1 - 0.5 = 0.14872127
    expect(klEstimate('k3', -1.5, -1)).toBeCloseTo(0.14872127, 8);
  });

  it('is 0 for every kind where the two agree, and never negative for k2 and k3', () => {
    for (const kind of ['k1', 'k2', 'k3'] as const) expect(klEstimate(kind, -3.25, -3.25)).toBe(0);
    for (let delta = -1e-7; delta <= 1e-7; delta += 1e-9) {
      expect(klEstimate('k3', delta, 0)).toBeGreaterThanOrEqual(0);
    }
  });

  it('clamps the difference to 20 and k3 to 10', () => {
    expect(klEstimate('k1', 0, -50)).toBe(20);
    expect(klEstimate('k1', -50, 0)).toBe(-20);
    expect(klEstimate('k2', 0, -50)).toBe(200);
    expect(klEstimate('k3', -5, 0)).toBe(10);
    // The other side is linear, so that only the clamp of the difference bites: exp(-8) - 1 + 8.
    expect(klEstimate('k3', 8, 0)).toBeCloseTo(7.00033546, 8);
  });

  it('does not turn a log-probability that is not a number into one', () => {
    for (const kind of ['k1', 'k2', 'k3'] as const) expect(klEstimate(kind, NaN, -1)).toBeNaN();
  });

  it('has the exact KL as its mean under the policy, for k1 and k3', () => {
    const policy = [0.5, 0.3, 0.2];
    const reference = [0.25, 0.25, 0.5];
    // 0.5 ln 2 + 0.3 ln 1.2 + 0.2 ln 0.4 = 0.34657359 + 0.05469647 - 0.18325815 = 0.21801191
    for (const kind of ['k1', 'k3'] as const) {
      const terms = policy.map((p, id) => p * klEstimate(kind, Math.log(p), Math.log(reference[id])));
      expect(terms[0] + terms[1] + terms[2]).toBeCloseTo(0.21801191, 8);
    }
  });
});

describe('exactKl', () => {
  it("agrees with PyTorch's kl_divergence over 50 outcomes", () => {
    const { logProbsP, logProbsQ, kl } = mathFixture.distributions;
    expect(exactKl(Float32Array.from(logProbsP), Float32Array.from(logProbsQ))).toBeCloseTo(kl, 6);
  });

  it('lets an outcome without mass under P add nothing', () => {
    const certain = Float32Array.of(0, -Infinity);
    const even = Float32Array.of(Math.log(0.5), Math.log(0.5));
    expect(exactKl(certain, even)).toBeCloseTo(Math.LN2, 6);
    expect(exactKl(certain, certain)).toBe(0);
    expect(exactKl(even, certain)).toBe(Infinity);
  });

  it('refuses distributions over different vocabularies', () => {
    expect(() => exactKl(Float32Array.of(0), Float32Array.of(0, 0))).toThrow('logProbsP 1, logProbsQ 2');
  });
});
