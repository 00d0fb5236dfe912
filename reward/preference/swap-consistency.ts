import type { PairVerdict } from '../../core/domain/verdict.js';

/** What a judge does when the order in which it sees a pair is turned round. */
export interface SwapConsistency {
  /** Pairs with a scored verdict in both orders. */
  readonly pairs: number;
  /** Those of them on which it names the same answer both times; a tie agrees with a tie. */
  readonly consistent: number;
  /** Verdicts that name one answer, in either order. */
  readonly decisive: number;
  /** Those of them that name the answer shown first. Half of `decisive` where the order does not matter. */
  readonly shownFirstWins: number;
  /** By pair id, the side named in both orders: 1 first, −1 second, 0 tie. Inconsistent pairs are absent. */
  readonly kept: ReadonlyMap<string, number>;
}

/** Swap consistency by judge id. Keep inconsistent pairs as soft votes: dropping them leaves errors that judges share. */
export function swapConsistency(verdicts: readonly PairVerdict[]): Map<string, SwapConsistency> {
  const judges = new Map<string, Map<string, Partial<Record<PairVerdict['order'], number>>>>();
  for (const { judgeId, pairId, order, outcome } of verdicts) {
    const pairs = judges.get(judgeId) ?? new Map<string, Partial<Record<PairVerdict['order'], number>>>();
    judges.set(judgeId, pairs);
    if (outcome.kind !== 'scored') continue;
    pairs.set(pairId, { ...pairs.get(pairId), [order]: Math.sign(outcome.score.probabilityFirst - 0.5) });
  }
  return new Map([...judges].map(([judgeId, pairs]) => [judgeId, summarise(pairs)]));
}

function summarise(
  pairs: ReadonlyMap<string, Partial<Record<PairVerdict['order'], number>>>,
): SwapConsistency {
  const kept = new Map<string, number>();
  let [both, decisive, shownFirstWins] = [0, 0, 0];
  for (const [pairId, { first_shown_first: there, second_shown_first: back }] of pairs) {
    for (const [side, forFirst] of [
      [there, 1],
      [back, -1],
    ] as const) {
      if (side === undefined || side === 0) continue;
      decisive += 1;
      shownFirstWins += Number(side === forFirst);
    }
    if (there === undefined || back === undefined) continue;
    both += 1;
    if (there === back) kept.set(pairId, there);
  }
  return { pairs: both, consistent: kept.size, decisive, shownFirstWins, kept };
}
