import {
  mergedMoments,
  noMoments,
  standardDeviation,
  withValue,
} from '../../../../core/math/running-moments.js';
import type { RunningMoments } from '../../../../core/math/running-moments.js';
import { mathFixture } from '../../../support/math-fixture.js';

const { values, mean, standardDeviation: deviation } = mathFixture.sample;

function momentsOf(numbers: readonly number[]): RunningMoments {
  return numbers.reduce(withValue, noMoments);
}

describe('running moments', () => {
  it('agree with NumPy on mean and sample deviation', () => {
    const moments = momentsOf(values);
    expect(moments.count).toBe(values.length);
    expect(moments.mean).toBeCloseTo(mean, 12);
    expect(standardDeviation(moments)).toBeCloseTo(deviation, 12);
  });

  it('merge to the moments of the whole wherever the stream is cut', () => {
    for (let cut = 0; cut <= values.length; cut += 1) {
      const merged = mergedMoments(momentsOf(values.slice(0, cut)), momentsOf(values.slice(cut)));
      expect(merged.count).toBe(values.length);
      expect(merged.mean).toBeCloseTo(mean, 12);
      expect(standardDeviation(merged)).toBeCloseTo(deviation, 12);
    }
  });

  it('keep their precision where the mean is a billion times the deviation', () => {
    // 4, 7, 13, 16 above a billion: mean 10, sample variance 30.
    const moments = momentsOf([4, 7, 13, 16].map((each) => 1e9 + each));
    expect(moments.mean).toBe(1e9 + 10);
    expect(standardDeviation(moments)).toBeCloseTo(Math.sqrt(30), 6);
  });

  it('have no deviation with fewer than two numbers', () => {
    expect(standardDeviation(noMoments)).toBeUndefined();
    expect(standardDeviation(momentsOf([3]))).toBeUndefined();
  });

  it('refuse what is not a number', () => {
    expect(() => withValue(noMoments, NaN)).toThrow('running moments is NaN');
  });
});
