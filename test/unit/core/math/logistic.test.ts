import { logistic, softplus } from '../../../../core/math/logistic.js';

describe('logistic', () => {
  it('is 1/2 at 0, 1/(1 + e^-1) at 1, and symmetric', () => {
    expect(logistic(0)).toBe(0.5);
    expect(logistic(1)).toBeCloseTo(0.7310585786300049, 15);
    expect(logistic(-1)).toBeCloseTo(1 - 0.7310585786300049, 15);
  });

  it('keeps its relative precision far out', () => {
    expect(logistic(-700) / Math.exp(-700)).toBeCloseTo(1, 12);
    expect(logistic(-1000)).toBe(0);
    expect(logistic(1000)).toBe(1);
  });
});

describe('softplus', () => {
  it('is log 2 at 0 and log(1 + e) at 1', () => {
    expect(softplus(0)).toBeCloseTo(Math.LN2, 15);
    expect(softplus(1)).toBeCloseTo(1.3132616875182228, 15);
  });

  it('neither overflows nor underflows too early', () => {
    expect(softplus(1000)).toBe(1000);
    expect(softplus(-700) / Math.exp(-700)).toBeCloseTo(1, 12);
  });
});
