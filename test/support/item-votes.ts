import {
  comparisonRows,
  countComparisons,
  type Comparisons,
  type ItemVotes,
} from '../../core/math/comparisons.js';

/** A vote as a test writes it. */
export interface WrittenVote {
  readonly first: number;
  readonly second: number;
  readonly probabilityFirst: number;
  readonly weight?: number;
}

/** Written votes as the arrays that fits take. */
export function itemVotes(items: number, votes: readonly WrittenVote[]): ItemVotes {
  return {
    items,
    first: Int32Array.from(votes, ({ first }) => first),
    second: Int32Array.from(votes, ({ second }) => second),
    outcome: Float64Array.from(votes, ({ probabilityFirst }) => probabilityFirst),
    weight: Float64Array.from(votes, ({ weight }) => weight ?? 1),
  };
}

/** Written votes, counted by pair of items. */
export function counted(items: number, votes: readonly WrittenVote[]): Comparisons {
  return countComparisons(itemVotes(items, votes));
}

/** Numbers of wins of i over j and of j over i, one row each. */
export function countedWins(
  items: number,
  pairs: readonly (readonly [i: number, j: number, winsI: number, winsJ: number])[],
): Comparisons {
  const rows = comparisonRows(
    itemVotes(
      items,
      pairs.map(([first, second]) => ({ first, second, probabilityFirst: 1, weight: 0 })),
    ),
  );
  return {
    ...rows,
    wins: Float64Array.from(pairs, ([, , wins]) => wins),
    losses: Float64Array.from(pairs, ([, , , losses]) => losses),
  };
}
