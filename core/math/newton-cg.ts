/**
 * Newton's method whose steps are found by conjugate gradients, so that a curvature matrix is multiplied with and never
 * stored (Nocedal & Wright 2006, Numerical Optimization, algorithm 7.1). For smooth objectives. Where one is not convex, a
 * step ends at the first direction of negative curvature, and the search goes downhill all the same.
 *
 * It stops on the gradient, since steps of slow iterations get small long before they arrive. A search that does not
 * arrive is an `internal` error, never a result.
 */
import { MajlisError } from '../errors.js';

/** What is minimised. `diagonal` and `product` speak of the point that was evaluated last. */
export interface CurvedObjective {
  /** Number of variables. */
  readonly size: number;
  /** The objective at a point, its gradient written to `gradient` [size]. Infinite outside of the domain. */
  evaluate(point: Float64Array, gradient: Float64Array): number;
  /** The curvature's diagonal, or something positive of its size. [size] */
  diagonal(into: Float64Array): void;
  /** Curvature times direction. [size] */
  product(direction: Float64Array, into: Float64Array): void;
}

export interface NewtonOptions {
  /** Where the search begins; it is not changed. [size] */
  readonly start: Float64Array;
  /** Largest absolute entry of the gradient at which it has arrived. */
  readonly tolerance: number;
  readonly maxIterations: number;
  /** Names the fit in the error. */
  readonly name: string;
  /** Puts a new point back where a redundant direction may have carried it, such as to mean 0. */
  readonly settle?: (point: Float64Array) => void;
}

export interface Minimum {
  readonly point: Float64Array;
  readonly value: number;
  /** Largest absolute entry of the gradient. */
  readonly gradientNorm: number;
  readonly iterations: number;
}

/** No variable moves further in one step: strengths are log-odds, and the quadratic model of those is local. */
const LARGEST_STEP = 4;
const SHORTEST_STEP = 2 ** -40;
const MOST_PRODUCTS = 2000;
const LOOSEST_RESIDUAL = 0.1;

/** Minimises an objective from a starting point. */
export function minimizeByNewton(objective: CurvedObjective, options: NewtonOptions): Minimum {
  const { size } = objective;
  const solver = new StepSolver(objective);
  let point = Float64Array.from(options.start);
  let next = new Float64Array(size);
  const gradient = new Float64Array(size);
  const step = new Float64Array(size);
  let value = objective.evaluate(point, gradient);
  let firstNorm = 0;
  for (let iterations = 0; iterations <= options.maxIterations; iterations += 1) {
    const gradientNorm = largestMagnitude(gradient);
    if (gradientNorm <= options.tolerance) return { point, value, gradientNorm, iterations };
    if (iterations === 0) firstNorm = gradientNorm;
    // Loose at first and tighter as the gradient falls: quadratic convergence without wasted products.
    const residual = Math.min(LOOSEST_RESIDUAL, gradientNorm / firstNorm);
    solver.solve(gradient, step, Math.max(residual * norm(gradient), 0.1 * options.tolerance));
    const slope = dot(step, gradient);
    // Near the optimum the decrease drowns in rounding, and there the full step is right.
    const slack = 1e-12 * (1 + Math.abs(value));
    const before = value;
    let scale = Math.min(1, LARGEST_STEP / largestMagnitude(step));
    for (;;) {
      for (let at = 0; at < size; at += 1) next[at] = point[at] - scale * step[at];
      options.settle?.(next);
      value = objective.evaluate(next, gradient);
      if (value <= before - 1e-4 * scale * slope + slack) break;
      scale /= 2;
      if (scale < SHORTEST_STEP) throw stuck(options.name, gradientNorm);
    }
    [point, next] = [next, point];
  }
  throw stuck(options.name, largestMagnitude(gradient));
}

/** Solves curvature·x = b at the point that was evaluated last, to a relative residual of 1e-10. */
export function solveCurvature(objective: CurvedObjective, rightSide: Float64Array): Float64Array {
  const solution = new Float64Array(objective.size);
  new StepSolver(objective).solve(rightSide, solution, 1e-10 * norm(rightSide));
  return solution;
}

/** Solves curvature·step = gradient by conjugate gradients, preconditioned by the diagonal. */
class StepSolver {
  private readonly residual: Float64Array;
  private readonly direction: Float64Array;
  private readonly image: Float64Array;
  private readonly scales: Float64Array;

  constructor(private readonly objective: CurvedObjective) {
    const { size } = objective;
    this.residual = new Float64Array(size);
    this.direction = new Float64Array(size);
    this.image = new Float64Array(size);
    this.scales = new Float64Array(size);
  }

  solve(gradient: Float64Array, step: Float64Array, tolerance: number): void {
    const { residual, direction, image, scales } = this;
    this.objective.diagonal(scales);
    // A variable without curvature has no gradient either; 1 keeps it still.
    for (let at = 0; at < scales.length; at += 1) scales[at] = scales[at] > 0 ? scales[at] : 1;
    step.fill(0);
    residual.set(gradient);
    for (let at = 0; at < residual.length; at += 1) direction[at] = residual[at] / scales[at];
    let energy = dot(residual, direction);
    for (let products = 0; products < MOST_PRODUCTS && norm(residual) > tolerance; products += 1) {
      this.objective.product(direction, image);
      const curvature = dot(direction, image);
      if (!(curvature > 0)) break;
      const length = energy / curvature;
      let nextEnergy = 0;
      for (let at = 0; at < residual.length; at += 1) {
        step[at] += length * direction[at];
        residual[at] -= length * image[at];
        nextEnergy += (residual[at] * residual[at]) / scales[at];
      }
      const turn = nextEnergy / energy;
      for (let at = 0; at < residual.length; at += 1) {
        direction[at] = residual[at] / scales[at] + turn * direction[at];
      }
      energy = nextEnergy;
    }
    // Without any curvature along the gradient, the gradient itself is the way down.
    if (step.every((change) => change === 0)) step.set(gradient);
  }
}

function stuck(name: string, gradientNorm: number): MajlisError {
  return new MajlisError(
    `${name} did not converge; its gradient is still ${gradientNorm.toExponential(1)}.`,
    {
      code: 'internal',
    },
  );
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += a[at] * b[at];
  return sum;
}

function norm(vector: Float64Array): number {
  return Math.sqrt(dot(vector, vector));
}

function largestMagnitude(vector: Float64Array): number {
  let largest = 0;
  for (let at = 0; at < vector.length; at += 1) largest = Math.max(largest, Math.abs(vector[at]));
  return largest;
}
