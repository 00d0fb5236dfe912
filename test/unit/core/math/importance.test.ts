import { truncatedImportanceWeights } from '../../../../core/math/importance.js';
import { expectClose } from '../../../support/expect-close.js';

describe('truncatedImportanceWeights', () => {
  it('gives the likelihood ratio below the cap and the cap above it', () => {
    // Ratios 0.5/0.25 = 2, 0.2/0.4 = 0.5, 0.9/0.1 = 9.
    const weights = truncatedImportanceWeights(
      Float32Array.from([0.5, 0.2, 0.9], Math.log),
      Float32Array.from([0.25, 0.4, 0.1], Math.log),
      3,
    );
    expectClose(weights, [2, 0.5, 3]);
  });

  it('gives 1 where sampler and trainer agree', () => {
    const logProbs = Float32Array.of(-0.1, -7);
    expect([...truncatedImportanceWeights(logProbs, logProbs, 2)]).toEqual([1, 1]);
  });

  it('stays finite for a log-ratio of 1000 and a cap that does not bite', () => {
    const [weight] = truncatedImportanceWeights(Float32Array.of(0), Float32Array.of(-1000), 1e30);
    expect(weight / Math.exp(20)).toBeCloseTo(1, 6);
  });

  it('refuses a cap of 0', () => {
    const one = Float32Array.of(-1);
    expect(() => truncatedImportanceWeights(one, one, 0)).toThrow('cap of importance weights is 0');
  });
});
