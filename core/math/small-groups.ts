import { MajlisError } from '../errors.js';
import type { BradleyTerryFit } from './bradley-terry-fit.js';
import type { Comparisons } from './comparisons.js';
import type { ItemGroups } from './connectivity.js';

interface SmallGroupOptions {
  /** λ > 0 of the strengths. */
  readonly precision: number;
  /** A group has arrived at ‖gradient‖∞ ≤ tolerance·(1 + its Σω), whatever other groups there are. */
  readonly tolerance: number;
}

const MAX_ITERATIONS = 100;
const LARGEST_STEP = 4;

/**
 * Strengths of many small groups of items, such as the answers to each of many prompts, whose likelihoods share nothing:
 * damped Newton with a dense Cholesky factor, group by group. Ties count half. The objective is that of fitBradleyTerry.
 */
export function fitSmallGroups(
  comparisons: Comparisons,
  groups: ItemGroups,
  { precision, tolerance }: SmallGroupOptions,
): BradleyTerryFit {
  const layout = layOut(comparisons, groups);
  const strengths = new Float64Array(comparisons.items);
  const worker = new GroupSolver(comparisons, layout, precision);
  let gradientNorm = 0;
  let iterations = 0;
  let logLikelihood = 0;
  for (let group = 0; group < groups.count; group += 1) {
    const fit = worker.solve(group, tolerance, strengths);
    gradientNorm = Math.max(gradientNorm, fit.gradientNorm);
    iterations = Math.max(iterations, fit.iterations);
    logLikelihood += fit.logLikelihood;
  }
  return { strengths, terms: new Float64Array(0), logLikelihood, gradientNorm, iterations };
}

/** Items and rows put together by group. */
interface Layout {
  /** [group + 1] */
  readonly itemStart: Int32Array;
  /** [item], by group */
  readonly items: Int32Array;
  /** Place of an item within its group. [item] */
  readonly place: Int32Array;
  readonly rowStart: Int32Array;
  readonly rows: Int32Array;
  readonly largest: number;
  readonly mostRows: number;
}

function layOut({ items, first }: Comparisons, { count, groupOf }: ItemGroups): Layout {
  const byItem = sortByGroup(count, items, (item) => groupOf[item]);
  const byRow = sortByGroup(count, first.length, (row) => groupOf[first[row]]);
  const place = new Int32Array(items);
  for (let group = 0; group < count; group += 1) {
    for (let at = byItem.start[group]; at < byItem.start[group + 1]; at += 1) {
      place[byItem.order[at]] = at - byItem.start[group];
    }
  }
  return {
    itemStart: byItem.start,
    items: byItem.order,
    place,
    rowStart: byRow.start,
    rows: byRow.order,
    largest: byItem.largest,
    mostRows: byRow.largest,
  };
}

/** A counting sort: stable, so that a group's rows keep their order. */
function sortByGroup(
  groups: number,
  size: number,
  groupOf: (at: number) => number,
): { readonly start: Int32Array; readonly order: Int32Array; readonly largest: number } {
  const start = new Int32Array(groups + 1);
  for (let at = 0; at < size; at += 1) start[groupOf(at) + 1] += 1;
  let largest = 0;
  for (let group = 0; group < groups; group += 1) {
    largest = Math.max(largest, start[group + 1]);
    start[group + 1] += start[group];
  }
  const next = start.slice(0, groups);
  const order = new Int32Array(size);
  for (let at = 0; at < size; at += 1) {
    const group = groupOf(at);
    order[next[group]] = at;
    next[group] += 1;
  }
  return { start, order, largest };
}

/** Room for one group's algebra, used again for each. */
class GroupSolver {
  private readonly one: Int32Array;
  private readonly other: Int32Array;
  private readonly won: Float64Array;
  private readonly count: Float64Array;
  private readonly point: Float64Array;
  private readonly next: Float64Array;
  private readonly gradient: Float64Array;
  private readonly step: Float64Array;
  private readonly hessian: Float64Array;
  private readonly odds: Float64Array;
  private rows = 0;
  private size = 0;

  constructor(
    private readonly comparisons: Comparisons,
    private readonly layout: Layout,
    private readonly precision: number,
  ) {
    const { largest, mostRows } = layout;
    this.one = new Int32Array(mostRows);
    this.other = new Int32Array(mostRows);
    this.won = new Float64Array(mostRows);
    this.count = new Float64Array(mostRows);
    this.point = new Float64Array(largest);
    this.next = new Float64Array(largest);
    this.gradient = new Float64Array(largest);
    this.step = new Float64Array(largest);
    this.hessian = new Float64Array(largest * largest);
    this.odds = new Float64Array(largest);
  }

  /** Writes the group's strengths to `into` [item]. */
  solve(
    group: number,
    tolerance: number,
    into: Float64Array,
  ): { readonly gradientNorm: number; readonly iterations: number; readonly logLikelihood: number } {
    this.load(group);
    const { point, next, step, size } = this;
    point.fill(0, 0, size);
    let weight = 0;
    for (let row = 0; row < this.rows; row += 1) weight += this.count[row];
    let value = this.evaluate(point);
    for (let iterations = 0; iterations <= MAX_ITERATIONS; iterations += 1) {
      const gradientNorm = largestMagnitude(this.gradient, size);
      if (gradientNorm <= tolerance * (1 + weight)) {
        const start = this.layout.itemStart[group];
        for (let at = 0; at < size; at += 1) into[this.layout.items[start + at]] = point[at];
        let penalty = 0;
        for (let at = 0; at < size; at += 1) penalty += (this.precision * point[at] * point[at]) / 2;
        return { gradientNorm, iterations, logLikelihood: penalty - value };
      }
      const slope = this.newtonStep();
      const before = value;
      const slack = 1e-12 * (1 + Math.abs(before));
      for (let scale = Math.min(1, LARGEST_STEP / largestMagnitude(step, size)); ; scale /= 2) {
        for (let at = 0; at < size; at += 1) next[at] = point[at] - scale * step[at];
        value = this.evaluate(next);
        if (value <= before - 1e-4 * scale * slope + slack) break;
      }
      point.set(next.subarray(0, size));
    }
    throw new MajlisError(`The Bradley-Terry fit did not converge in ${MAX_ITERATIONS} steps.`, {
      code: 'internal',
    });
  }

  private load(group: number): void {
    const { first, second, wins, losses, ties } = this.comparisons;
    const { rowStart, rows, itemStart, place } = this.layout;
    this.size = itemStart[group + 1] - itemStart[group];
    this.rows = rowStart[group + 1] - rowStart[group];
    for (let at = 0; at < this.rows; at += 1) {
      const row = rows[rowStart[group] + at];
      this.one[at] = place[first[row]];
      this.other[at] = place[second[row]];
      this.won[at] = wins[row] + ties[row] / 2;
      this.count[at] = wins[row] + losses[row] + ties[row];
    }
  }

  /** Objective, gradient and the Hessian's lower triangle at a point. */
  private evaluate(point: Float64Array): number {
    const { one, other, won, count, gradient, hessian, size, precision, odds } = this;
    let value = 0;
    hessian.fill(0, 0, size * size);
    for (let at = 0; at < size; at += 1) {
      gradient[at] = precision * point[at];
      hessian[at * size + at] = precision;
      value += (precision * point[at] * point[at]) / 2;
      // One for each item and not for each row; beyond e^709 the value is no number and the step is halved.
      odds[at] = Math.exp(point[at]);
    }
    for (let row = 0; row < this.rows; row += 1) {
      const a = one[row];
      const b = other[row];
      const both = odds[a] + odds[b];
      const share = odds[a] / both;
      value += count[row] * (Math.log(both) - point[b]) - won[row] * (point[a] - point[b]);
      const slope = count[row] * share - won[row];
      const curvature = (count[row] * share * odds[b]) / both;
      gradient[a] += slope;
      gradient[b] -= slope;
      hessian[a * size + a] += curvature;
      hessian[b * size + b] += curvature;
      hessian[a > b ? a * size + b : b * size + a] -= curvature;
    }
    return value;
  }

  /** Solves H·step = gradient by Cholesky, in place; returns gradientᵀ·step. λ > 0 keeps H positive definite. */
  private newtonStep(): number {
    const { hessian, gradient, step, size } = this;
    for (let column = 0; column < size; column += 1) {
      const pivot = 1 / Math.sqrt(hessian[column * size + column]);
      for (let row = column; row < size; row += 1) hessian[row * size + column] *= pivot;
      for (let row = column + 1; row < size; row += 1) {
        const factor = hessian[row * size + column];
        for (let k = column + 1; k <= row; k += 1) {
          hessian[row * size + k] -= factor * hessian[k * size + column];
        }
      }
    }
    for (let row = 0; row < size; row += 1) {
      let rest = gradient[row];
      for (let k = 0; k < row; k += 1) rest -= hessian[row * size + k] * step[k];
      step[row] = rest / hessian[row * size + row];
    }
    for (let row = size - 1; row >= 0; row -= 1) {
      let rest = step[row];
      for (let k = row + 1; k < size; k += 1) rest -= hessian[k * size + row] * step[k];
      step[row] = rest / hessian[row * size + row];
    }
    let slope = 0;
    for (let at = 0; at < size; at += 1) slope += step[at] * gradient[at];
    return slope;
  }
}

function largestMagnitude(vector: Float64Array, size: number): number {
  let largest = 0;
  for (let at = 0; at < size; at += 1) largest = Math.max(largest, Math.abs(vector[at]));
  return largest;
}
