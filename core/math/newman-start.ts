import type { Comparisons } from './comparisons.js';

const MAX_SWEEPS = 15;
/** Largest change of a log-strength in a sweep after which another brings little. */
const SETTLED = 1e-5;

/**
 * Log-strengths near the Bradley-Terry optimum by a few sweeps of π_i ← Σ_j w_ij·π_j/(π_i + π_j) / Σ_j w_ji/(π_i + π_j),
 * item by item with the newest values (Newman 2023, JMLR 24:238). Every item also meets a virtual one of strength 1, which
 * stands for a weak prior. A sweep costs no exponential; on graphs that hang together well a dozen come close to the optimum,
 * and on others they do no harm: this is where a search begins, not an answer. Ties count half.
 *
 * It needs rows by their lower item, as countComparisons gives them, which comes first in each; else it stays at 0. [item]
 */
export function newmanStart(comparisons: Comparisons, priorPrecision: number): Float64Array {
  const { items } = comparisons;
  const start = rowStarts(comparisons);
  if (start === undefined) return new Float64Array(items);
  const sweeper = new Sweeper(comparisons, start, priorPrecision);
  for (let sweep = 0; sweep < MAX_SWEEPS; sweep += 1) if (sweeper.sweep() <= SETTLED) break;
  const logs = sweeper.odds.map(Math.log);
  if (!logs.every(Number.isFinite)) return new Float64Array(items);
  const mean = logs.reduce((sum, one) => sum + one, 0) / items;
  return logs.map((one) => one - mean);
}

class Sweeper {
  readonly odds: Float64Array;
  private readonly won: Float64Array;
  private readonly lost: Float64Array;
  private readonly wins: Float64Array;
  private readonly losses: Float64Array;
  private readonly virtual: number;

  constructor(
    private readonly comparisons: Comparisons,
    private readonly start: Int32Array,
    priorPrecision: number,
  ) {
    const { items, wins, losses, ties } = comparisons;
    this.odds = new Float64Array(items).fill(1);
    this.won = new Float64Array(items);
    this.lost = new Float64Array(items);
    const hasTies = ties.some((weight) => weight > 0);
    this.wins = hasTies ? wins.map((weight, row) => weight + ties[row] / 2) : wins;
    this.losses = hasTies ? losses.map((weight, row) => weight + ties[row] / 2) : losses;
    // A half-won game against strength 1 has the curvature ¼ of a prior's λ.
    this.virtual = 2 * priorPrecision;
  }

  /** Returns the largest change of a log-strength, to first order. */
  sweep(): number {
    const { odds, won, lost, wins, losses, start, virtual } = this;
    const { items, second } = this.comparisons;
    won.fill(0);
    lost.fill(0);
    let moved = 0;
    for (let item = 0; item < items; item += 1) {
      const before = odds[item];
      let up = won[item] + virtual / (before + 1);
      let down = lost[item] + virtual / (before + 1);
      for (let row = start[item]; row < start[item + 1]; row += 1) {
        const other = odds[second[row]];
        const share = 1 / (before + other);
        up += wins[row] * other * share;
        down += losses[row] * share;
      }
      if (up === 0 && down === 0) continue;
      const after = up / down;
      odds[item] = after;
      moved = Math.max(moved, Math.abs(after / before - 1));
      for (let row = start[item]; row < start[item + 1]; row += 1) {
        const share = 1 / (after + odds[second[row]]);
        won[second[row]] += losses[row] * after * share;
        lost[second[row]] += wins[row] * share;
      }
    }
    return moved;
  }
}

/** Where each item's rows as the lower one begin; undefined where rows are in another order. [item + 1] */
function rowStarts({ items, first, second }: Comparisons): Int32Array | undefined {
  const start = new Int32Array(items + 1);
  for (let row = 0; row < first.length; row += 1) {
    if (first[row] >= second[row] || (row > 0 && first[row] < first[row - 1])) return undefined;
    start[first[row] + 1] += 1;
  }
  for (let item = 0; item < items; item += 1) start[item + 1] += start[item];
  return start;
}
