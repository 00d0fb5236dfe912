/**
 * Crowd-BT (Chen, Bennett, Collins-Thompson & Horvitz 2013, WSDM): strengths and each judge's reliability at one time.
 *
 * Judge k says that first wins with probability q = η_k·σ(d) + (1 − η_k)·σ(−d), d = θ_first − θ_second; η_k is how often the
 * judge means what it says, and below ½ a contrarian. Ties count half. Priors: θ ~ N(0, 1/λ), η ~ Beta(a, b).
 *
 * The likelihood is the same for (θ, η) and (−θ, 1 − η): only a prior with a > b, or a start, tells which is meant. It is not
 * convex, so the search begins from several points and the best end is taken; their number is reported.
 */
import { invalid, requirePositive, requireSameLength } from './argument-checks.js';
import { fitBradleyTerry } from './bradley-terry.js';
import { invertCholesky } from './cholesky.js';
import { totalWeight, type Comparisons } from './comparisons.js';
import { CrowdObjective, type CrowdPriors } from './crowd-objective.js';
import { minimizeByNewton, type Minimum } from './newton-cg.js';
import type { Rng } from './rng.js';

export interface CrowdBradleyTerryInput {
  readonly comparisons: Comparisons;
  /** [row] */
  readonly judgeOf: Int32Array;
  readonly judges: number;
  readonly priors: CrowdPriors;
  /** Where the first search takes reliabilities to be, such as from anchors; the prior's mean unless told. [judge] */
  readonly startReliability?: Float64Array;
  /** For the other starts. */
  readonly rng: Rng;
  /** Searches from random reliabilities; 3 unless told. */
  readonly randomStarts?: number;
  /** It arrives at ‖gradient‖∞ ≤ tolerance·(1 + Σω); 1e-8 unless told. */
  readonly tolerance?: number;
}

export interface CrowdBradleyTerryFit {
  /** θ, sum 0. [item] */
  readonly strengths: Float64Array;
  /** η. [judge] */
  readonly reliability: Float64Array;
  /** From the inverse of the Hessian. [item] */
  readonly strengthErrors: Float64Array;
  /** Of logit η. [judge] */
  readonly reliabilityErrors: Float64Array;
  /** Without the priors' terms. */
  readonly logLikelihood: number;
  readonly gradientNorm: number;
  readonly iterations: number;
  /** Searches that ended at the best log-posterior, to 1e-6, and all searches. */
  readonly agreeingStarts: number;
  readonly starts: number;
}

const MAX_ITERATIONS = 2000;
const TOLERANCE = 1e-8;
const MOST_ERRORS = 1500;

/** Fits strengths and reliabilities. */
export function fitCrowdBradleyTerry(input: CrowdBradleyTerryInput): CrowdBradleyTerryFit {
  requireInput(input);
  const { comparisons, judges, priors, tolerance = TOLERANCE } = input;
  const objective = new CrowdObjective(input);
  const plain = fitBradleyTerry(comparisons, { priors: { strengths: priors.strengths } });
  const ends = startingReliabilities(input).map((reliability) => {
    const start = new Float64Array(objective.size);
    start.set(plain.strengths);
    for (let judge = 0; judge < judges; judge += 1) {
      start[comparisons.items + judge] = Math.log(reliability[judge] / (1 - reliability[judge]));
    }
    return minimizeByNewton(objective, {
      start,
      tolerance: tolerance * (1 + totalWeight(comparisons)),
      maxIterations: MAX_ITERATIONS,
      name: 'The Crowd-BT fit',
      settle: (point) => {
        centre(point, comparisons.items);
      },
    });
  });
  const best = ends.reduce((least, end) => (end.value < least.value ? end : least));
  return describe(objective, best, ends);
}

function describe(objective: CrowdObjective, best: Minimum, ends: readonly Minimum[]): CrowdBradleyTerryFit {
  const { items, size } = objective;
  const { point, gradientNorm, iterations } = best;
  const logLikelihood = objective.logLikelihood(point);
  const errors = new Float64Array(size).fill(NaN);
  if (size <= MOST_ERRORS) {
    objective.evaluate(point, new Float64Array(size));
    const covariance = invertCholesky(objective.curvature(), size);
    for (let at = 0; at < size; at += 1) errors[at] = Math.sqrt(covariance[at * (size + 1)]);
    centredErrors(covariance, items, size).forEach((error, item) => (errors[item] = error));
  }
  return {
    strengths: point.slice(0, items),
    reliability: point.slice(items).map((logit) => 1 / (1 + Math.exp(-logit))),
    strengthErrors: errors.slice(0, items),
    reliabilityErrors: errors.slice(items),
    logLikelihood,
    gradientNorm,
    iterations,
    agreeingStarts: ends.filter(({ value }) => value <= best.value + 1e-6 * (1 + Math.abs(best.value)))
      .length,
    starts: ends.length,
  };
}

/** Errors of strengths about their mean. */
function centredErrors(covariance: Float64Array, items: number, size: number): number[] {
  const means = Array.from({ length: items }, (_, row) => {
    let sum = 0;
    for (let item = 0; item < items; item += 1) sum += covariance[row * size + item];
    return sum / items;
  });
  const whole = means.reduce((sum, mean) => sum + mean, 0) / items;
  return means.map((mean, item) => Math.sqrt(Math.max(0, covariance[item * (size + 1)] - 2 * mean + whole)));
}

function startingReliabilities({
  judges,
  priors,
  startReliability,
  rng,
  randomStarts = 3,
}: CrowdBradleyTerryInput): Float64Array[] {
  const prior = priors.reliability[0] / (priors.reliability[0] + priors.reliability[1]);
  const first = startReliability ?? new Float64Array(judges).fill(prior);
  const others = Array.from({ length: randomStarts }, (_, at) => {
    const stream = rng.fork(at);
    return Float64Array.from({ length: judges }, () => 0.1 + 0.85 * stream.uniform());
  });
  return [first.map((share) => Math.min(0.99, Math.max(0.01, share))), ...others];
}

function centre(point: Float64Array, items: number): void {
  let sum = 0;
  for (let item = 0; item < items; item += 1) sum += point[item];
  for (let item = 0; item < items; item += 1) point[item] -= sum / items;
}

function requireInput({
  comparisons,
  judgeOf,
  judges,
  priors,
  startReliability,
}: CrowdBradleyTerryInput): void {
  requireSameLength({ rows: comparisons.first, judgeOf });
  requirePositive("The strengths' prior precision", priors.strengths);
  for (const shape of priors.reliability) {
    if (!(shape >= 1))
      throw invalid(`A shape of the reliabilities' Beta prior is ${shape}; it must be 1 or more.`);
  }
  const outside = judgeOf.find((judge) => judge < 0 || judge >= judges);
  if (outside !== undefined) throw invalid(`A row names judge ${outside}; judges are 0 to ${judges - 1}.`);
  if (startReliability !== undefined) requireSameLength({ judges: { length: judges }, startReliability });
}
