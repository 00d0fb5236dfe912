import { minimizeLbfgs, type SmoothObjective } from '../../../../core/math/lbfgs.js';

/** Rosenbrock's valley; its minimum is 0 at (1, 1). */
const rosenbrock: SmoothObjective = (point, gradient) => {
  const [x, y] = point;
  gradient[0] = -2 * (1 - x) - 400 * x * (y - x * x);
  gradient[1] = 200 * (y - x * x);
  return (1 - x) ** 2 + 100 * (y - x * x) ** 2;
};

/** ½Σ c·(x − 1)²; its minimum is 0 at ones. */
function bowl(curvatures: readonly number[]): SmoothObjective {
  return (point, gradient) => {
    for (const [at, curvature] of curvatures.entries()) gradient[at] = curvature * (point[at] - 1);
    return curvatures.reduce((sum, curvature, at) => sum + (curvature / 2) * (point[at] - 1) ** 2, 0);
  };
}

describe('minimizeLbfgs', () => {
  it('finds the minimum of a curved valley by its gradient', () => {
    const found = minimizeLbfgs(rosenbrock, Float64Array.of(-1.2, 1), { gradientTolerance: 1e-9 });
    expect(found.converged).toBe(true);
    expect(found.gradientNorm).toBeLessThanOrEqual(1e-9);
    expect(found.point[0]).toBeCloseTo(1, 8);
    expect(found.point[1]).toBeCloseTo(1, 8);
    expect(found.iterations).toBeLessThan(60);
    expect(found.evaluations).toBeGreaterThanOrEqual(found.iterations);
  });

  it('needs one step where curvatures that it is told are exact, and more where it is told nothing', () => {
    const curvatures = [1, 100, 10_000, 1e6, 30];
    const start = new Float64Array(5);
    const told = minimizeLbfgs(bowl(curvatures), start, {
      gradientTolerance: 1e-6,
      curvatures: Float64Array.from(curvatures),
    });
    const untold = minimizeLbfgs(bowl(curvatures), start, { gradientTolerance: 1e-6 });
    expect(told.iterations).toBe(1);
    expect(untold.iterations).toBeGreaterThan(3);
    for (const value of untold.point) expect(value).toBeCloseTo(1, 5);
  });

  it('leaves the start alone and takes the same way twice', () => {
    const start = Float64Array.of(-1.2, 1);
    const run = (): ReturnType<typeof minimizeLbfgs> =>
      minimizeLbfgs(rosenbrock, start, { gradientTolerance: 1e-9, memory: 3 });
    expect(run()).toEqual(run());
    expect([...start]).toEqual([-1.2, 1]);
  });

  it('says that it has not converged when its iterations end, or nothing descends any more', () => {
    const start = Float64Array.of(-1.2, 1);
    const cut = minimizeLbfgs(rosenbrock, start, { gradientTolerance: 1e-9, mostIterations: 3 });
    expect(cut).toMatchObject({ converged: false, iterations: 3 });
    const upsideDown: SmoothObjective = (point, gradient) => {
      gradient[0] = 1;
      return -point[0];
    };
    expect(minimizeLbfgs(upsideDown, Float64Array.of(0), { gradientTolerance: 1e-9 }).converged).toBe(false);
  });

  it('is done at once at a minimum', () => {
    const found = minimizeLbfgs(rosenbrock, Float64Array.of(1, 1), { gradientTolerance: 1e-9 });
    expect(found).toMatchObject({ iterations: 0, evaluations: 1, converged: true, value: 0 });
  });
});
