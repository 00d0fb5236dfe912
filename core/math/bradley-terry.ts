/**
 * Strengths of the few answers to one prompt, from soft votes between them.
 *
 * Maximises Σ ω·[y·log σ(θ_i − θ_j) + (1 − y)·log σ(θ_j − θ_i)] − ½λ‖θ‖² (Bradley & Terry 1952, with a Gaussian prior of
 * variance 1/λ on each strength). The prior makes the optimum exist, unique and centred on 0 whatever the votes: without
 * it an answer that won every vote, or one that nobody compared, would have no finite strength.
 * The problem is strictly convex and Newton's steps are damped, so the fit is a function of its input alone.
 */
import { MajlisError } from '../errors.js';
import { invalid, requirePositive, requireWithin } from './argument-checks.js';
import { solveCholesky } from './cholesky.js';
import { logistic, softplus } from './logistic.js';

export interface SoftVote {
  /** Item indices in [0, items). */
  readonly first: number;
  readonly second: number;
  /** y: probability that `first` is better, in [0, 1]; a tie is ½. */
  readonly probabilityFirst: number;
  /** ω: how many votes this one stands for, at least 0. 1 unless told. */
  readonly weight?: number;
}

export interface BradleyTerryInput {
  /** K, the number of items. Dense algebra: meant for up to a few dozen. */
  readonly items: number;
  readonly votes: readonly SoftVote[];
  /** λ > 0. */
  readonly priorPrecision: number;
}

export interface BradleyTerryFit {
  /** θ, log-strengths that sum to 0. [item] */
  readonly strengths: Float64Array;
  /** Without the prior's term. */
  readonly logLikelihood: number;
  /** Largest absolute entry of the gradient at the solution. */
  readonly gradientNorm: number;
  readonly iterations: number;
}

const MAX_ITERATIONS = 100;

/**
 * Fits the strengths by damped Newton. It stops on the gradient, ‖g‖∞ ≤ 1e-10·(1 + Σω): step sizes of slow iterations
 * get small long before they arrive. A fit that does not arrive is an `internal` error, never a result.
 */
export function fitBradleyTerry(input: BradleyTerryInput): BradleyTerryFit {
  requireInput(input);
  const tolerance = 1e-10 * (1 + input.votes.reduce((sum, vote) => sum + weightOf(vote), 0));
  let strengths = new Float64Array(input.items);
  for (let iterations = 0; iterations <= MAX_ITERATIONS; iterations += 1) {
    const { gradient, hessian } = derivatives(input, strengths);
    const gradientNorm = largestMagnitude(gradient);
    if (gradientNorm <= tolerance) {
      return { strengths, logLikelihood: -negativeLogLikelihood(input, strengths), gradientNorm, iterations };
    }
    strengths = lineSearch(input, strengths, gradient, solveCholesky(hessian, gradient));
  }
  throw new MajlisError(`The Bradley-Terry fit did not converge in ${MAX_ITERATIONS} steps.`, {
    code: 'internal',
  });
}

/** θ − t·step, centred, for the first t of 1, ½, ¼, … that lowers the objective enough (Armijo's condition). */
function lineSearch(
  input: BradleyTerryInput,
  strengths: Float64Array,
  gradient: Float64Array,
  step: Float64Array,
): Float64Array<ArrayBuffer> {
  const start = objective(input, strengths);
  const slope = step.reduce((sum, change, item) => sum + change * gradient[item], 0);
  let scale = 1;
  for (;;) {
    const next = centred(strengths.map((strength, item) => strength - scale * step[item]));
    // Near the optimum the decrease drowns in rounding, and there the full step is right.
    const slack = 1e-12 * (1 + Math.abs(start));
    if (objective(input, next) <= start - 1e-4 * scale * slope + slack) return next;
    scale /= 2;
  }
}

/** Only the prior holds the mean at 0; a weak one lets rounding move it. Taking it out never raises the objective. */
function centred(strengths: Float64Array): Float64Array<ArrayBuffer> {
  const mean = strengths.reduce((sum, strength) => sum + strength, 0) / strengths.length;
  return Float64Array.from(strengths, (strength) => strength - mean);
}

function derivatives(
  { items, votes, priorPrecision }: BradleyTerryInput,
  strengths: Float64Array,
): { readonly gradient: Float64Array; readonly hessian: Float64Array } {
  const gradient = strengths.map((strength) => priorPrecision * strength);
  const hessian = new Float64Array(items * items);
  for (let item = 0; item < items; item += 1) hessian[item * items + item] = priorPrecision;
  for (const vote of votes) {
    const { first, second } = vote;
    const expected = logistic(strengths[first] - strengths[second]);
    const residual = weightOf(vote) * (expected - vote.probabilityFirst);
    const curvature = weightOf(vote) * expected * (1 - expected);
    gradient[first] += residual;
    gradient[second] -= residual;
    hessian[first * items + first] += curvature;
    hessian[second * items + second] += curvature;
    hessian[first * items + second] -= curvature;
    hessian[second * items + first] -= curvature;
  }
  return { gradient, hessian };
}

function objective(input: BradleyTerryInput, strengths: Float64Array): number {
  const squares = strengths.reduce((sum, strength) => sum + strength * strength, 0);
  return negativeLogLikelihood(input, strengths) + (input.priorPrecision * squares) / 2;
}

function negativeLogLikelihood({ votes }: BradleyTerryInput, strengths: Float64Array): number {
  let sum = 0;
  for (const vote of votes) {
    const lead = strengths[vote.first] - strengths[vote.second];
    const y = vote.probabilityFirst;
    sum += weightOf(vote) * (y * softplus(-lead) + (1 - y) * softplus(lead));
  }
  return sum;
}

function weightOf(vote: SoftVote): number {
  return vote.weight ?? 1;
}

function largestMagnitude(vector: Float64Array): number {
  return vector.reduce((largest, entry) => Math.max(largest, Math.abs(entry)), 0);
}

function requireInput({ items, votes, priorPrecision }: BradleyTerryInput): void {
  requirePositive('The prior precision', priorPrecision);
  for (const vote of votes) {
    for (const item of [vote.first, vote.second]) {
      if (!Number.isInteger(item) || item < 0 || item >= items) {
        throw invalid(`A vote names item ${item}; items are 0 to ${items - 1}.`);
      }
    }
    if (vote.first === vote.second) throw invalid(`A vote compares item ${vote.first} with itself.`);
    requireWithin('The probability of a vote', vote.probabilityFirst, 0, 1);
    requireWithin('The weight of a vote', weightOf(vote), 0, Number.MAX_VALUE);
  }
}
