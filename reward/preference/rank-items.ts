import { BadInputError } from '../../core/errors.js';
import { fitBradleyTerry } from '../../core/math/bradley-terry.js';
import type { BradleyTerryFit, BradleyTerryPriors } from '../../core/math/bradley-terry-fit.js';
import {
  comparisonRows,
  countComparisons,
  type Comparisons,
  type ItemVotes,
} from '../../core/math/comparisons.js';
import { connectedGroups } from '../../core/math/connectivity.js';
import { normalQuantile } from '../../core/math/normal-quantile.js';
import type { TieModel } from '../../core/math/tie-model.js';
import { strengthErrors } from './strength-errors.js';
import type { VoteTable } from './vote-table.js';

export interface RankOptions {
  readonly ties: TieModel;
  readonly priors: BradleyTerryPriors;
  /** Cluster of each vote, within which errors may be shared; absent where each vote errs by itself. [vote] */
  readonly clusterOf?: Int32Array;
  /** Confidence level of the intervals. */
  readonly level: number;
}

/** An item's place. */
export interface RankedItem {
  readonly item: string;
  /** θ, log-odds against the average item. */
  readonly strength: number;
  /** Absent where nobody scored a vote on the item, and where there are too many parameters. */
  readonly standardError?: number;
  readonly low?: number;
  readonly high?: number;
  /** Best and worst rank that the intervals leave open. */
  readonly ranks?: readonly [best: number, worst: number];
}

export interface Ranking {
  /** Strongest first. */
  readonly items: readonly RankedItem[];
  readonly fit: BradleyTerryFit;
  /** Of fit.terms; NaN where errors are not computed. [term] */
  readonly termErrors: Float64Array;
  /** Every vote a row, in the order of votes. */
  readonly rows: Comparisons;
  /** Groups of items between which nobody compared: only the prior says where they stand to each other. */
  readonly groups: number;
}

/** Strengths of named items with sandwich errors and the ranks that their intervals leave open. */
export function rankItems(votes: ItemVotes, names: readonly string[], options: RankOptions): Ranking {
  const { ties, priors } = options;
  const rows = comparisonRows(votes);
  const fit = fitBradleyTerry(votes.terms === undefined ? countComparisons(votes) : rows, { ties, priors });
  const groups = connectedGroups(rows);
  const { clusterOf } = options;
  const errors = strengthErrors({
    rows,
    fit,
    groups,
    ties,
    priors,
    ...(clusterOf === undefined ? {} : { clusterOf }),
  });
  const half = normalQuantile((1 + options.level) / 2);
  const lows = fit.strengths.map((strength, item) => strength - half * errors[item]);
  const highs = fit.strengths.map((strength, item) => strength + half * errors[item]);
  // Items without an interval stand in nobody's way.
  const [sortedLows, sortedHighs] = [lows, highs].map((ends) =>
    ends.filter((end) => !Number.isNaN(end)).sort(),
  );
  const items = [...fit.strengths].map((strength, item): RankedItem => {
    const [low, high] = [lows[item], highs[item]];
    if (Number.isNaN(low)) return { item: names[item], strength };
    const better = sortedLows.length - countWhile(sortedLows, (end) => end <= high);
    const worse = countWhile(sortedHighs, (end) => end < low);
    const ranks = [1 + better, names.length - worse] as const;
    return { item: names[item], strength, standardError: errors[item], low, high, ranks };
  });
  items.sort((a, b) => b.strength - a.strength || (a.item < b.item ? -1 : 1));
  return {
    items,
    fit,
    termErrors: errors.slice(names.length, names.length + fit.terms.length),
    rows,
    groups: groups.count,
  };
}

/** A table's votes as votes on its items. Refuses votes that name pairs only. */
export function itemVotesOfTable(table: VoteTable, source: string): ItemVotes {
  const bare = table.pairs.find(({ items }) => items === undefined);
  if (bare !== undefined) {
    throw new BadInputError({
      source,
      place: `pair ${JSON.stringify(bare.id)}`,
      found: 'no first and second item',
      allowed: 'items on every vote where items are ranked; or a method that fuses pairs',
    });
  }
  const side = (at: 0 | 1): Int32Array =>
    Int32Array.from(table.pair, (pair) => table.pairs[pair].items?.[at] ?? -1);
  return {
    items: table.items.length,
    first: side(0),
    second: side(1),
    outcome: table.outcome,
    weight: table.weight,
  };
}

/** What errors may be shared within. A vote without a prompt is its pair's. */
export type Clustering = 'prompt' | 'judge' | 'family' | 'none';

/** The cluster of each vote, numbered from 0; undefined for none, and where all votes are of one cluster. */
export function clustersOf(table: VoteTable, by: Clustering): Int32Array | undefined {
  if (by === 'none') return undefined;
  const raw = Int32Array.from(table.judge, (judge, vote) => {
    if (by === 'judge') return judge;
    if (by === 'family') return table.familyOf[judge];
    // Votes without a prompt are of their pair: clusters of both kinds are told apart by sign.
    return table.prompt[vote] >= 0 ? table.prompt[vote] : -1 - table.pair[vote];
  });
  const numbers = new Map<number, number>();
  for (const cluster of raw) if (!numbers.has(cluster)) numbers.set(cluster, numbers.size);
  return numbers.size < 2 ? undefined : raw.map((cluster) => numbers.get(cluster) ?? 0);
}

/** Entries at the beginning of an ascending array that hold; all that hold come first. */
function countWhile(sorted: Float64Array, holds: (entry: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(sorted[middle])) low = middle + 1;
    else high = middle;
  }
  return low;
}
