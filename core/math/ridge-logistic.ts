import { invertCholesky, solveCholesky } from './cholesky.js';
import { logistic } from './logistic.js';

const MAX_ITERATIONS = 50;

/**
 * Ridge logistic regression without intercept, by Newton's method.
 * @param rows features [sample × feature]
 * @param labels probabilities [sample]
 * @param penalty λ of ½λ‖w‖², above 0
 * @returns w [feature]
 */
export function fitRidgeLogistic(
  rows: readonly (readonly number[])[],
  labels: readonly number[],
  penalty: number,
): Float64Array {
  const size = rows.at(0)?.length ?? 0;
  const weights = new Float64Array(size);
  for (let iteration = 0; iteration < MAX_ITERATIONS; iteration += 1) {
    const gradient = weights.map((weight) => penalty * weight);
    const hessian = new Float64Array(size * size);
    for (let a = 0; a < size; a += 1) hessian[a * size + a] = penalty;
    for (const [at, row] of rows.entries()) {
      const probability = logistic(row.reduce((sum, value, index) => sum + value * weights[index], 0));
      const curvature = probability * (1 - probability);
      for (let a = 0; a < size; a += 1) {
        gradient[a] += (probability - labels[at]) * row[a];
        for (let b = 0; b <= a; b += 1) hessian[a * size + b] += curvature * row[a] * row[b];
      }
    }
    if (gradient.every((slope) => Math.abs(slope) <= 1e-10 * (1 + rows.length))) break;
    const step = solveCholesky(hessian, gradient);
    // A step longer than 1 leaves the region where the quadratic model holds.
    const scale = Math.min(1, 1 / Math.max(...step.map(Math.abs)));
    for (let a = 0; a < size; a += 1) weights[a] -= scale * step[a];
  }
  return weights;
}

/**
 * Covariance of ridge weights that trusts no more than that clusters of samples err independently: H⁻¹BH⁻¹, B the sum of the
 * clusters' squared gradients times G/(G − 1) (Liang & Zeger 1986). Without clusters every sample is its own.
 * @param clusterOf cluster of each sample [sample]
 * @returns row-major [feature × feature]
 */
export function ridgeLogisticCovariance(
  fit: {
    readonly rows: readonly (readonly number[])[];
    readonly labels: readonly number[];
    readonly penalty: number;
    readonly weights: Float64Array;
  },
  clusterOf?: readonly (string | number)[],
): Float64Array {
  const { rows, labels, penalty, weights } = fit;
  const size = weights.length;
  const hessian = new Float64Array(size * size);
  for (let a = 0; a < size; a += 1) hessian[a * (size + 1)] = penalty;
  const scores = new Map<string | number, Float64Array>();
  for (const [at, row] of rows.entries()) {
    const probability = logistic(row.reduce((sum, value, index) => sum + value * weights[index], 0));
    const cluster = clusterOf?.[at] ?? at;
    const score = scores.get(cluster) ?? new Float64Array(size);
    scores.set(cluster, score);
    for (let a = 0; a < size; a += 1) {
      score[a] += (probability - labels[at]) * row[a];
      for (let b = 0; b < size; b += 1)
        hessian[a * size + b] += probability * (1 - probability) * row[a] * row[b];
    }
  }
  const inverse = invertCholesky(hessian, size);
  const correction = scores.size > 1 ? scores.size / (scores.size - 1) : 1;
  const covariance = new Float64Array(size * size);
  for (const score of scores.values()) {
    const shift = Float64Array.from(score, (_, a) =>
      score.reduce((sum, value, b) => sum + inverse[a * size + b] * value, 0),
    );
    for (let a = 0; a < size; a += 1) {
      for (let b = 0; b < size; b += 1) covariance[a * size + b] += correction * shift[a] * shift[b];
    }
  }
  return covariance;
}
