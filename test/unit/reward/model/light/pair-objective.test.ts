import { minimizeLbfgs } from '../../../../../core/math/lbfgs.js';
import type { PairDesign } from '../../../../../reward/model/light/pair-design.js';
import {
  FIRST_LOG_TIE_WIDTH,
  pairCurvatures,
  pairObjective,
} from '../../../../../reward/model/light/pair-objective.js';

/** Four answers over three buckets, one criterion and one style feature; five pairs, one even and one with a margin. */
const design: PairDesign = {
  buckets: 3,
  locales: ['ar', 'ar', 'ar', 'ar'],
  offsets: Int32Array.of(0, 2, 4, 5, 8),
  indices: Int32Array.of(0, 1, 1, 2, 0, 0, 1, 2),
  values: Float32Array.of(0.6, 0.8, 0.6, 0.8, 1, 0.5, 0.5, 0.7071),
  denseWidth: 1,
  dense: Float64Array.of(1, 0, 0.5, 0.25),
  styleWidth: 1,
  style: Float64Array.of(0.5, -0.2, 0.8, 0, -0.6),
  first: Int32Array.of(0, 2, 0, 3, 1),
  second: Int32Array.of(1, 1, 3, 2, 3),
  labels: Float64Array.of(0.9, 0.2, 1, 0.5, 0.7),
  weights: Float64Array.of(1, 0.5, 2, 1, 0.25),
  margins: Float64Array.of(0, 0.3, 0, 0, 0),
  ties: Uint8Array.of(0, 0, 0, 1, 0),
};
const settings = {
  ngramPenalty: 1,
  criterionPenalty: 0.5,
  stylePenalty: 0.01,
  centring: 0.01,
  compositePrior: 1.5,
};

describe('pairObjective', () => {
  // The same objective written in NumPy, minimized by SciPy 1.17 (BFGS, then Nelder-Mead to 1e-12).
  it.each([
    {
      tieWidth: false,
      value: 1.940915293588,
      point: [-0.226613656, 0.130364942, 0.093051612, 1.367878771, 2.412057748],
    },
    {
      tieWidth: true,
      value: 2.80983536655,
      point: [-0.260071464, 0.161827048, 0.104002288, 1.373934644, 3.619332256, -0.007780988],
    },
  ])('has the minimum that SciPy finds (a width of ties: $tieWidth)', ({ tieWidth, value, point }) => {
    const all = { ...settings, tieWidth };
    const start = new Float64Array(point.length);
    if (tieWidth) start[5] = FIRST_LOG_TIE_WIDTH;
    const found = minimizeLbfgs(pairObjective(design, design.weights, all), start, {
      gradientTolerance: 1e-7,
      curvatures: pairCurvatures(design, design.weights, all),
    });
    expect(found.converged).toBe(true);
    expect(found.value).toBeCloseTo(value, 7);
    for (const [at, expected] of point.entries()) expect(found.point[at]).toBeCloseTo(expected, 5);
  });

  it('has the gradient of its value', () => {
    const objective = pairObjective(design, design.weights, { ...settings, tieWidth: true });
    const point = Float64Array.of(0.3, -1.2, 0.7, 2, -0.4, 0.2);
    const gradient = new Float64Array(6);
    objective(point, gradient);
    const step = 1e-6;
    for (let at = 0; at < point.length; at += 1) {
      const [up, down] = [1, -1].map((side) => {
        const moved = point.slice();
        moved[at] += side * step;
        return objective(moved, new Float64Array(6));
      });
      expect(gradient[at]).toBeCloseTo((up - down) / (2 * step), 6);
    }
  });

  it('has the curvature of undecided pairs at 0', () => {
    // Without centring, margins and ties the second derivative at 0 is Σ ω/4·(difference)² + λ.
    const plain = { ...settings, centring: 0, tieWidth: false };
    const even = { ...design, margins: new Float64Array(5) };
    const objective = pairObjective(even, design.weights, plain);
    const curvatures = pairCurvatures(even, design.weights, plain);
    const step = 1e-5;
    for (let at = 0; at < curvatures.length; at += 1) {
      const [up, down] = [1, -1].map((side) => {
        const gradient = new Float64Array(5);
        const point = new Float64Array(5);
        point[at] = side * step;
        objective(point, gradient);
        return gradient[at];
      });
      expect(curvatures[at]).toBeCloseTo((up - down) / (2 * step), 6);
    }
  });

  it('does not look at pairs of weight 0', () => {
    const objective = pairObjective(design, Float64Array.of(1, 0, 0, 0, 0), { ...settings, tieWidth: false });
    const gradient = new Float64Array(5);
    objective(new Float64Array(5), gradient);
    // ∂/∂w₃ of the first pair alone: answer 1 has 0.8 of bucket 2, answer 0 none; slope (½ − 0.9).
    expect(gradient[2]).toBeCloseTo(0.4 * 0.8, 6);
  });
});
