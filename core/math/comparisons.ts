/**
 * Comparisons of two items each, as parallel arrays, and as counts once equal ones are put together.
 *
 * Every row compares two different items of [0, items). Weights are finite and at least 0. Where the order in which items
 * were shown matters, `first` is the one that was shown first.
 */
import { invalid, requireSameLength, requireWithin } from './argument-checks.js';

/** Covariates of the logit that `first` wins: row r adds value[r·width + m]·β[index[r·width + m]]; index −1 adds none. */
export interface ComparisonTerms {
  /** Number of coefficients β. */
  readonly count: number;
  /** Covariates of a row at most. */
  readonly width: number;
  /** [row × width] */
  readonly index: Int32Array;
  /** [row × width] */
  readonly value: Float64Array;
}

/** Votes as they were given. All arrays are [vote]. */
export interface ItemVotes {
  /** Number of items. */
  readonly items: number;
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Probability y that first is better; exactly ½ is a tie. */
  readonly outcome: Float64Array;
  /** ω, 1 unless told. */
  readonly weight?: Float64Array;
  readonly terms?: ComparisonTerms;
}

/** Rows of comparisons with how often either side won. All arrays are [row]. */
export interface Comparisons {
  readonly items: number;
  readonly first: Int32Array;
  readonly second: Int32Array;
  /** Weight of votes for first, for second, and for neither. */
  readonly wins: Float64Array;
  readonly losses: Float64Array;
  readonly ties: Float64Array;
  readonly terms?: ComparisonTerms;
}

/** Each vote as a row of its own, in the order given: for errors by cluster and the influence of single votes. */
export function comparisonRows(votes: ItemVotes): Comparisons {
  requireVotes(votes);
  const { items, first, second, outcome, weight, terms } = votes;
  const rows = emptyRows(items, first.length);
  for (let vote = 0; vote < first.length; vote += 1) {
    rows.first[vote] = first[vote];
    rows.second[vote] = second[vote];
    addVote(rows, vote, outcome[vote], weight === undefined ? 1 : weight[vote]);
  }
  return terms === undefined ? rows : { ...rows, terms };
}

/** One row for each pair of items that was compared, whichever way round: by the lower item, then as first seen. */
export function countComparisons(votes: Omit<ItemVotes, 'terms'>): Comparisons {
  requireVotes(votes);
  const { items } = votes;
  const { start, high, outcome, weight } = sortByLowerItem(votes);
  const rows = emptyRows(items, high.length);
  // The row of each upper item with the present lower one; smaller numbers are left from lower items before.
  const rowOf = new Int32Array(items).fill(-1);
  let size = 0;
  for (let low = 0; low < items; low += 1) {
    const firstRow = size;
    for (let vote = start[low]; vote < start[low + 1]; vote += 1) {
      let row = rowOf[high[vote]];
      if (row < firstRow) {
        row = size;
        size += 1;
        rowOf[high[vote]] = row;
        rows.first[row] = low;
        rows.second[row] = high[vote];
      }
      addVote(rows, row, outcome[vote], weight === undefined ? 1 : weight[vote]);
    }
  }
  return slicedRows(rows, size);
}

interface SortedVotes {
  /** [item + 1] */
  readonly start: Int32Array;
  readonly high: Int32Array;
  /** P(the lower item is better). */
  readonly outcome: Float64Array;
  readonly weight: Float64Array | undefined;
}

/** A stable counting sort that carries the votes along: reading them in a new order later would miss every cache. */
function sortByLowerItem({ items, first, second, outcome, weight }: ItemVotes): SortedVotes {
  const votes = first.length;
  const start = new Int32Array(items + 1);
  for (let vote = 0; vote < votes; vote += 1) {
    start[(first[vote] < second[vote] ? first[vote] : second[vote]) + 1] += 1;
  }
  for (let item = 0; item < items; item += 1) start[item + 1] += start[item];
  const next = start.slice(0, items);
  const sorted = {
    start,
    high: new Int32Array(votes),
    outcome: new Float64Array(votes),
    weight: weight === undefined ? undefined : new Float64Array(votes),
  };
  for (let vote = 0; vote < votes; vote += 1) {
    const isFirst = first[vote] < second[vote];
    const low = isFirst ? first[vote] : second[vote];
    const to = next[low];
    next[low] = to + 1;
    sorted.high[to] = isFirst ? second[vote] : first[vote];
    sorted.outcome[to] = isFirst ? outcome[vote] : 1 - outcome[vote];
    if (sorted.weight !== undefined && weight !== undefined) sorted.weight[to] = weight[vote];
  }
  return sorted;
}

/** Σω over all rows. */
export function totalWeight({ wins, losses, ties }: Comparisons): number {
  let sum = 0;
  for (let row = 0; row < wins.length; row += 1) sum += wins[row] + losses[row] + ties[row];
  return sum;
}

function addVote(rows: Comparisons, row: number, outcome: number, weight: number): void {
  if (outcome === 0.5) {
    rows.ties[row] += weight;
    return;
  }
  rows.wins[row] += weight * outcome;
  rows.losses[row] += weight * (1 - outcome);
}

function emptyRows(items: number, size: number): Comparisons {
  return {
    items,
    first: new Int32Array(size),
    second: new Int32Array(size),
    wins: new Float64Array(size),
    losses: new Float64Array(size),
    ties: new Float64Array(size),
  };
}

function slicedRows({ items, first, second, wins, losses, ties }: Comparisons, size: number): Comparisons {
  return {
    items,
    first: first.subarray(0, size),
    second: second.subarray(0, size),
    wins: wins.subarray(0, size),
    losses: losses.subarray(0, size),
    ties: ties.subarray(0, size),
  };
}

function requireVotes({ items, first, second, outcome, weight, terms }: ItemVotes): void {
  requireSameLength({ first, second, outcome, ...(weight === undefined ? {} : { weight }) });
  for (let vote = 0; vote < first.length; vote += 1) {
    const one = first[vote];
    const other = second[vote];
    // Compared as unsigned numbers, a negative index is a large one.
    if (one >>> 0 >= items || other >>> 0 >= items) {
      throw invalid(
        `Vote ${vote} names item ${one >>> 0 >= items ? one : other}; items are 0 to ${items - 1}.`,
      );
    }
    if (one === other) throw invalid(`Vote ${vote} compares item ${one} with itself.`);
    if (!(outcome[vote] >= 0 && outcome[vote] <= 1)) {
      requireWithin(`The probability of vote ${vote}`, outcome[vote], 0, 1);
    }
    if (weight !== undefined) requireWithin(`The weight of vote ${vote}`, weight[vote], 0, Number.MAX_VALUE);
  }
  if (terms !== undefined) requireTerms(terms, first.length);
}

function requireTerms({ count, width, index, value }: ComparisonTerms, rows: number): void {
  requireSameLength({ index, value, 'rows × width': { length: rows * width } });
  const outside = index.find((term) => term < -1 || term >= count);
  if (outside !== undefined)
    throw invalid(`A row names term ${outside}; terms are 0 to ${count - 1}, or -1.`);
  const broken = value.find((number) => !Number.isFinite(number));
  if (broken !== undefined) throw invalid(`A term's value is ${broken}; it must be a finite number.`);
}
