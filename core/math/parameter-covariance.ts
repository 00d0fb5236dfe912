import { invalid, requireSameLength } from './argument-checks.js';
import type { BradleyTerryFit, BradleyTerryPriors } from './bradley-terry-fit.js';
import { BradleyTerryObjective } from './bradley-terry-objective.js';
import { invertCholesky } from './cholesky.js';
import type { Comparisons } from './comparisons.js';
import { MajlisError } from '../errors.js';
import { SparseScore } from './sparse-score.js';
import type { TieModel } from './tie-model.js';

export interface CovarianceInput {
  readonly comparisons: Comparisons;
  readonly fit: BradleyTerryFit;
  readonly priors: BradleyTerryPriors;
  /** The model that was fitted; `half` unless told. */
  readonly ties?: TieModel;
  /**
   * `information`, the default, trusts the model: H⁻¹. `sandwich` does not: H⁻¹BH⁻¹, B the sum of the votes' squared
   * gradients (Huber 1967, White 1982). With clusters B sums squares of the clusters' gradients, times G/(G − 1): votes of
   * a cluster may err together (Liang & Zeger 1986).
   */
  readonly errors?: 'information' | 'sandwich';
  /** Cluster of each row, from 0; then a row's votes are all its cluster's. [row] */
  readonly clusterOf?: Int32Array;
}

/** Dense algebra takes n³ operations and 16·n² bytes: a few seconds here. */
const MOST_PARAMETERS = 1500;

/**
 * Covariance of (θ [item], β [term], tie parameter), in this order, of strengths that sum to 0. Row-major, symmetric.
 * A fit without a prior on its strengths uses the pseudo-inverse, so that no arbitrary level of the strengths enters.
 */
export function parameterCovariance(input: CovarianceInput): Float64Array {
  const { fit, priors } = input;
  const objective = objectiveOf(input);
  const { size, items } = objective;
  if (size > MOST_PARAMETERS) {
    throw new MajlisError(
      `Standard errors of ${size} parameters take too long; at most ${MOST_PARAMETERS} are done. Use the bootstrap.`,
      { code: 'out_of_range' },
    );
  }
  const point = pointOf(fit, objective);
  objective.evaluate(point, new Float64Array(size));
  const information = objective.curvature();
  if (priors.strengths === 0) {
    // Only along the level of the strengths, which centring takes out again.
    const level = (information[0] || 1) / items;
    for (let a = 0; a < items; a += 1) for (let b = 0; b < items; b += 1) information[a * size + b] += level;
  }
  const inverse = invertCholesky(information, size);
  if (input.errors !== 'sandwich') return centred(inverse, size, items);
  const meat = squaredGradients(input, objective, point);
  return centred(multiply(multiply(inverse, meat, size), inverse, size), size, items);
}

/** The roots of a covariance's diagonal. [parameter] */
export function standardErrors(covariance: Float64Array): Float64Array {
  const size = Math.round(Math.sqrt(covariance.length));
  return Float64Array.from({ length: size }, (_, at) => Math.sqrt(Math.max(0, covariance[at * (size + 1)])));
}

/** The objective whose optimum the fit is. A Davidson fit without ties has no tie parameter. */
export function objectiveOf({ comparisons, fit, priors, ties }: CovarianceInput): BradleyTerryObjective {
  const model = fit.tie === undefined ? 'half' : (ties ?? 'half');
  if (fit.tie !== undefined && model === 'half')
    throw invalid('The fit has a tie parameter; name its model.');
  return new BradleyTerryObjective(comparisons, model, priors);
}

/** A fit's parameters in the objective's order. */
export function pointOf(fit: BradleyTerryFit, { size, items, terms }: BradleyTerryObjective): Float64Array {
  const point = new Float64Array(size);
  point.set(fit.strengths);
  point.set(fit.terms, items);
  if (fit.tie !== undefined) point[items + terms] = fit.tie;
  return point;
}

function squaredGradients(
  { comparisons, clusterOf }: CovarianceInput,
  objective: BradleyTerryObjective,
  point: Float64Array,
): Float64Array {
  const { size } = objective;
  const meat = new Float64Array(size * size);
  if (clusterOf === undefined) {
    for (const outcome of ['wins', 'losses', 'ties'] as const)
      addOutcome(objective, { comparisons, point, outcome }, meat);
    return meat;
  }
  requireSameLength({ rows: comparisons.first, clusterOf });
  const clusters = clusterOf.reduce((most, cluster) => Math.max(most, cluster + 1), 0);
  if (clusters < 2) throw invalid('Errors by cluster need two clusters at least; all votes are of one.');
  const order = Int32Array.from(clusterOf.keys()).sort((a, b) => clusterOf[a] - clusterOf[b] || a - b);
  const score = new SparseScore(size);
  for (let at = 0; at < order.length; at += 1) {
    objective.addRowGradient(order[at], score);
    if (at + 1 === order.length || clusterOf[order[at + 1]] !== clusterOf[order[at]]) score.flush(meat, 1);
  }
  const correction = clusters / (clusters - 1);
  for (let at = 0; at < meat.length; at += 1) meat[at] *= correction;
  return meat;
}

/** Each vote for one outcome as a gradient of its own. */
function addOutcome(
  objective: BradleyTerryObjective,
  {
    comparisons,
    point,
    outcome,
  }: {
    readonly comparisons: Comparisons;
    readonly point: Float64Array;
    readonly outcome: 'wins' | 'losses' | 'ties';
  },
  meat: Float64Array,
): void {
  const counts = comparisons[outcome];
  const rows = counts.length;
  const none = new Float64Array(rows);
  const one = { wins: none, losses: none, ties: none, [outcome]: new Float64Array(rows).fill(1) };
  const single = objective.withCounts(one);
  single.evaluate(point, new Float64Array(objective.size));
  const score = new SparseScore(objective.size);
  for (let row = 0; row < rows; row += 1) {
    if (counts[row] === 0) continue;
    single.addRowGradient(row, score);
    score.flush(meat, counts[row]);
  }
}

/** PVP with P the centring of the strengths. */
function centred(matrix: Float64Array, size: number, items: number): Float64Array {
  for (let row = 0; row < size; row += 1) {
    let mean = 0;
    for (let item = 0; item < items; item += 1) mean += matrix[row * size + item] / items;
    for (let item = 0; item < items; item += 1) matrix[row * size + item] -= mean;
  }
  for (let column = 0; column < size; column += 1) {
    let mean = 0;
    for (let item = 0; item < items; item += 1) mean += matrix[item * size + column] / items;
    for (let item = 0; item < items; item += 1) matrix[item * size + column] -= mean;
  }
  return matrix;
}

/** Row-major product of square matrices. */
function multiply(left: Float64Array, right: Float64Array, size: number): Float64Array {
  const product = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    for (let k = 0; k < size; k += 1) {
      const factor = left[row * size + k];
      if (factor === 0) continue;
      for (let column = 0; column < size; column += 1) {
        product[row * size + column] += factor * right[k * size + column];
      }
    }
  }
  return product;
}
