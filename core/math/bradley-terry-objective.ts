import type { BradleyTerryPriors } from './bradley-terry-fit.js';
import type { Comparisons, ComparisonTerms } from './comparisons.js';
import type { CurvedObjective } from './newton-cg.js';
import type { SparseScore } from './sparse-score.js';
import {
  rowDerivatives,
  tieLikelihood,
  type OutcomeCounts,
  type RowDerivatives,
  type TieModel,
} from './tie-model.js';

const NO_TERMS: ComparisonTerms = {
  count: 0,
  width: 0,
  index: new Int32Array(0),
  value: new Float64Array(0),
};

/** Strengths up to here have exponentials whose sums and products are far from overflow. */
const LARGEST_PLAIN = 300;

/** The negative log-posterior of (θ [item], β [term], tie parameter if the model has one), in this order. */
export class BradleyTerryObjective implements CurvedObjective {
  readonly items: number;
  readonly terms: number;
  readonly size: number;
  private readonly derivatives: RowDerivatives;
  /** [row], made where they are needed. */
  private leads = new Float64Array(0);
  private readonly table: ComparisonTerms;
  private readonly precision: Float64Array;
  /** Neither a tie parameter nor terms. */
  private readonly isPlain: boolean;
  /** e^θ. [item] */
  private readonly odds: Float64Array;

  constructor(
    private readonly comparisons: Comparisons,
    private readonly ties: TieModel,
    private readonly priors: BradleyTerryPriors,
  ) {
    this.table = comparisons.terms ?? NO_TERMS;
    this.items = comparisons.items;
    this.terms = this.table.count;
    const tieAt = this.items + this.terms;
    this.size = tieAt + (ties === 'half' ? 0 : 1);
    this.isPlain = ties === 'half' && this.table.width === 0;
    this.odds = new Float64Array(this.items);
    this.derivatives = rowDerivatives(comparisons.first.length, ties);
    this.precision = new Float64Array(this.size);
    this.precision.fill(priors.strengths, 0, this.items);
    this.precision.fill(priors.terms ?? 0, this.items, tieAt);
    if (ties !== 'half') this.precision[tieAt] = priors.tie ?? 0;
  }

  /** What the priors add to the objective. */
  penalty(point: Float64Array): number {
    return point.reduce((sum, one, at) => sum + (this.precision[at] * one * one) / 2, 0);
  }

  evaluate(point: Float64Array, gradient: Float64Array): number {
    const value = this.rows(point) + this.penalty(point);
    this.scatter(this.derivatives.d, gradient);
    if (this.ties !== 'half') gradient[this.size - 1] = sum(this.derivatives.t);
    for (let at = 0; at < this.size; at += 1) {
      gradient[at] += this.precision[at] * point[at];
    }
    return value;
  }

  diagonal(into: Float64Array): void {
    const { first, second } = this.comparisons;
    const { index, value, width } = this.table;
    const { dd, tt } = this.derivatives;
    into.set(this.precision);
    for (let row = 0; row < dd.length; row += 1) {
      into[first[row]] += dd[row];
      into[second[row]] += dd[row];
      for (let at = row * width; at < (row + 1) * width; at += 1) {
        if (index[at] >= 0) into[this.items + index[at]] += dd[row] * value[at] * value[at];
      }
    }
    if (this.ties !== 'half') into[this.size - 1] += sum(tt);
  }

  product(direction: Float64Array, into: Float64Array): void {
    const { dd, dt, tt } = this.derivatives;
    if (this.isPlain) {
      this.plainProduct(direction, into);
      return;
    }
    const leads = new Float64Array(dd.length);
    this.lead(direction, leads);
    if (this.ties === 'half') {
      for (let row = 0; row < dd.length; row += 1) leads[row] *= dd[row];
      this.scatter(leads, into);
    } else {
      const tie = direction[this.size - 1];
      let along = 0;
      for (let row = 0; row < dd.length; row += 1) {
        along += dt[row] * leads[row] + tt[row] * tie;
        leads[row] = dd[row] * leads[row] + dt[row] * tie;
      }
      this.scatter(leads, into);
      into[this.size - 1] = along;
    }
    for (let at = 0; at < this.size; at += 1) into[at] += this.precision[at] * direction[at];
  }

  /** The curvature at the point that was evaluated last, row-major. [size × size] */
  curvature(): Float64Array {
    const { size } = this;
    const matrix = new Float64Array(size * size);
    const basis = new Float64Array(size);
    for (let column = this.items; column < size; column += 1) {
      basis[column] = 1;
      this.product(basis, matrix.subarray(column * size, (column + 1) * size));
      basis[column] = 0;
      for (let row = 0; row < this.items; row += 1) matrix[row * size + column] = matrix[column * size + row];
    }
    const { first, second } = this.comparisons;
    const { dd } = this.derivatives;
    for (let item = 0; item < this.items; item += 1) matrix[item * (size + 1)] = this.precision[item];
    for (let row = 0; row < dd.length; row += 1) {
      const [a, b] = [first[row], second[row]];
      matrix[a * (size + 1)] += dd[row];
      matrix[b * (size + 1)] += dd[row];
      matrix[a * size + b] -= dd[row];
      matrix[b * size + a] -= dd[row];
    }
    return matrix;
  }

  /** Adds one row's gradient, without the priors', at the point that was evaluated last. */
  addRowGradient(row: number, into: SparseScore): void {
    const { first, second } = this.comparisons;
    const { index, value, width } = this.table;
    const slope = this.derivatives.d[row];
    into.add(first[row], slope);
    into.add(second[row], -slope);
    for (let at = row * width; at < (row + 1) * width; at += 1) {
      if (index[at] >= 0) into.add(this.items + index[at], slope * value[at]);
    }
    if (this.ties !== 'half') into.add(this.size - 1, this.derivatives.t[row]);
  }

  /** The same rows with other counts. */
  withCounts(counts: OutcomeCounts): BradleyTerryObjective {
    return new BradleyTerryObjective({ ...this.comparisons, ...counts }, this.ties, this.priors);
  }

  /** The usual case in one pass: it is most of a large fit's time. */
  private plainProduct(direction: Float64Array, into: Float64Array): void {
    const { first, second } = this.comparisons;
    const { dd } = this.derivatives;
    for (let at = 0; at < this.size; at += 1) into[at] = this.precision[at] * direction[at];
    for (let row = 0; row < dd.length; row += 1) {
      const pull = dd[row] * (direction[first[row]] - direction[second[row]]);
      into[first[row]] += pull;
      into[second[row]] -= pull;
    }
  }

  private rows(point: Float64Array): number {
    if (this.isPlain && point.every((strength) => Math.abs(strength) < LARGEST_PLAIN))
      return this.plainRows(point);
    if (this.leads.length === 0) this.leads = new Float64Array(this.comparisons.first.length);
    this.lead(point, this.leads);
    return tieLikelihood(this.ties, this.comparisons, this.at(point), this.derivatives);
  }

  /** The same in the usual case: an exponential for each item takes the place of one for each row. */
  private plainRows(point: Float64Array): number {
    const { first, second, wins, losses, ties } = this.comparisons;
    const { d, dd } = this.derivatives;
    const { odds } = this;
    for (let item = 0; item < this.items; item += 1) odds[item] = Math.exp(point[item]);
    let value = 0;
    for (let row = 0; row < d.length; row += 1) {
      const one = first[row];
      const other = second[row];
      const both = odds[one] + odds[other];
      const share = odds[one] / both;
      const tied = ties[row] / 2;
      const won = wins[row] + tied;
      const count = won + losses[row] + tied;
      value += count * (Math.log(both) - point[other]) - won * (point[one] - point[other]);
      d[row] = count * share - won;
      dd[row] = (count * share * odds[other]) / both;
    }
    return value;
  }

  private at(point: Float64Array): { readonly leads: Float64Array; readonly tie: number } {
    return { leads: this.leads, tie: this.ties === 'half' ? 0 : point[this.size - 1] };
  }

  private lead(point: Float64Array, into: Float64Array): void {
    const { first, second } = this.comparisons;
    const { index, value, width } = this.table;
    for (let row = 0; row < into.length; row += 1) {
      let lead = point[first[row]] - point[second[row]];
      for (let at = row * width; at < (row + 1) * width; at += 1) {
        if (index[at] >= 0) lead += value[at] * point[this.items + index[at]];
      }
      into[row] = lead;
    }
  }

  /** Sums rows' slopes by lead into slopes by variable. */
  private scatter(slopes: Float64Array, into: Float64Array): void {
    const { first, second } = this.comparisons;
    const { index, value, width } = this.table;
    into.fill(0);
    for (let row = 0; row < slopes.length; row += 1) {
      into[first[row]] += slopes[row];
      into[second[row]] -= slopes[row];
      for (let at = row * width; at < (row + 1) * width; at += 1) {
        if (index[at] >= 0) into[this.items + index[at]] += slopes[row] * value[at];
      }
    }
  }
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let at = 0; at < values.length; at += 1) total += values[at];
  return total;
}
