import type { Comparisons } from './comparisons.js';
import { logistic, softplus } from './logistic.js';
import type { CurvedObjective } from './newton-cg.js';

export interface CrowdPriors {
  /** λ > 0 of each strength. */
  readonly strengths: number;
  /** (a, b) of each reliability's Beta prior, both at least 1. */
  readonly reliability: readonly [number, number];
}

/** The negative log-posterior of (θ [item], logit η [judge]); its curvature is the Hessian. */
export class CrowdObjective implements CurvedObjective {
  readonly items: number;
  readonly size: number;
  private readonly comparisons: Comparisons;
  private readonly judgeOf: Int32Array;
  private readonly priors: CrowdPriors;
  /** Second derivatives by lead, by both, and by logit η. [row] */
  private readonly dd: Float64Array;
  private readonly dh: Float64Array;
  private readonly hh: Float64Array;
  /** The expected ones on the diagonal, which are never negative: they scale the search. [row] */
  private readonly expectedLead: Float64Array;
  private readonly expectedJudge: Float64Array;
  private readonly priorCurvature: Float64Array;

  constructor(input: {
    readonly comparisons: Comparisons;
    readonly judgeOf: Int32Array;
    readonly judges: number;
    readonly priors: CrowdPriors;
  }) {
    this.comparisons = input.comparisons;
    this.judgeOf = input.judgeOf;
    this.priors = input.priors;
    this.items = input.comparisons.items;
    this.size = this.items + input.judges;
    const room = (): Float64Array => new Float64Array(input.judgeOf.length);
    [this.dd, this.dh, this.hh] = [room(), room(), room()];
    [this.expectedLead, this.expectedJudge] = [room(), room()];
    this.priorCurvature = new Float64Array(this.size);
  }

  /** The likelihood alone, in nats. */
  logLikelihood(point: Float64Array): number {
    return -this.rows(point, new Float64Array(this.size));
  }

  evaluate(point: Float64Array, gradient: Float64Array): number {
    gradient.fill(0);
    let value = this.rows(point, gradient);
    const { strengths, reliability } = this.priors;
    const [a, b] = reliability;
    for (let at = 0; at < this.items; at += 1) {
      gradient[at] += strengths * point[at];
      value += (strengths * point[at] * point[at]) / 2;
      this.priorCurvature[at] = strengths;
    }
    for (let at = this.items; at < this.size; at += 1) {
      const share = logistic(point[at]);
      gradient[at] += (a + b - 2) * share - (a - 1);
      value += (a - 1) * softplus(-point[at]) + (b - 1) * softplus(point[at]);
      this.priorCurvature[at] = (a + b - 2) * share * (1 - share);
    }
    return value;
  }

  diagonal(into: Float64Array): void {
    const { first, second } = this.comparisons;
    into.set(this.priorCurvature);
    for (let row = 0; row < this.judgeOf.length; row += 1) {
      into[first[row]] += this.expectedLead[row];
      into[second[row]] += this.expectedLead[row];
      into[this.items + this.judgeOf[row]] += this.expectedJudge[row];
    }
  }

  product(direction: Float64Array, into: Float64Array): void {
    const { first, second } = this.comparisons;
    for (let at = 0; at < this.size; at += 1) into[at] = this.priorCurvature[at] * direction[at];
    for (let row = 0; row < this.judgeOf.length; row += 1) {
      const judge = this.items + this.judgeOf[row];
      const lead = direction[first[row]] - direction[second[row]];
      const pull = this.dd[row] * lead + this.dh[row] * direction[judge];
      into[first[row]] += pull;
      into[second[row]] -= pull;
      into[judge] += this.dh[row] * lead + this.hh[row] * direction[judge];
    }
  }

  /** The Hessian at the point that was evaluated last, with the priors'. [size × size] */
  curvature(): Float64Array {
    const matrix = new Float64Array(this.size * this.size);
    const basis = new Float64Array(this.size);
    for (let row = 0; row < this.size; row += 1) {
      basis[row] = 1;
      this.product(basis, matrix.subarray(row * this.size, (row + 1) * this.size));
      basis[row] = 0;
    }
    return matrix;
  }

  /** The rows' negative log-likelihood; adds its gradient. */
  private rows(point: Float64Array, gradient: Float64Array): number {
    const { first, second, wins, losses, ties } = this.comparisons;
    let value = 0;
    for (let row = 0; row < this.judgeOf.length; row += 1) {
      const judge = this.items + this.judgeOf[row];
      const p = logistic(point[first[row]] - point[second[row]]);
      const share = logistic(point[judge]);
      const won = wins[row] + ties[row] / 2;
      const lost = losses[row] + ties[row] / 2;
      const q = share * p + (1 - share) * (1 - p);
      const rest = share * (1 - p) + (1 - share) * p;
      const byLead = (2 * share - 1) * p * (1 - p);
      const byShare = (2 * p - 1) * share * (1 - share);
      // Where a vote is all but certain its other outcome has not been cast, and costs nothing.
      if (won > 0) value -= won * Math.log(q);
      if (lost > 0) value -= lost * Math.log(rest);
      const slope = (lost > 0 ? lost / rest : 0) - (won > 0 ? won / q : 0);
      gradient[first[row]] += slope * byLead;
      gradient[second[row]] -= slope * byLead;
      gradient[judge] += slope * byShare;
      const bend = (won > 0 ? won / (q * q) : 0) + (lost > 0 ? lost / (rest * rest) : 0);
      this.dd[row] = bend * byLead * byLead + slope * byLead * (1 - 2 * p);
      this.hh[row] = bend * byShare * byShare + slope * byShare * (1 - 2 * share);
      this.dh[row] = bend * byLead * byShare + slope * 2 * p * (1 - p) * share * (1 - share);
      const information = (won + lost) / Math.max(q * rest, Number.MIN_VALUE);
      this.expectedLead[row] = information * byLead * byLead;
      this.expectedJudge[row] = information * byShare * byShare;
    }
    return value;
  }
}
