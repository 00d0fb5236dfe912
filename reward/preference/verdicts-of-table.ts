import type { PairVerdict } from '../../core/domain/verdict.js';
import { logistic } from '../../core/math/logistic.js';
import type { VoteTable } from './vote-table.js';

/** A bare vote names a side and not how sure: it is worth a logit of ±1. */
const BARE = { first: logistic(1), second: logistic(-1) } as const;

/**
 * A table's votes as verdicts, one for each judge, pair and order: votes that a judge repeats are averaged by weight. Without
 * orders every vote stands as if the first was shown first, which then nothing is concluded from.
 */
export function verdictsOfTable(table: VoteTable): PairVerdict[] {
  const sums = new Map<string, { vote: number; sum: number; weight: number }>();
  for (let vote = 0; vote < table.judge.length; vote += 1) {
    const key = `${table.judge[vote]} ${table.pair[vote]} ${table.shownFirst[vote]}`;
    const sum = sums.get(key) ?? { vote, sum: 0, weight: 0 };
    sums.set(key, sum);
    sum.sum += table.weight[vote] * probabilityOf(table, vote);
    sum.weight += table.weight[vote];
  }
  return [...sums.values()].flatMap(({ vote, sum, weight }): PairVerdict[] => {
    if (weight === 0) return [];
    return [
      {
        judgeId: table.judges[table.judge[vote]],
        pairId: table.pairs[table.pair[vote]].id,
        rubricHash: '',
        order: table.shownFirst[vote] >= 0 ? 'first_shown_first' : 'second_shown_first',
        outcome: { kind: 'scored', score: { probabilityFirst: sum / weight } },
      },
    ];
  });
}

function probabilityOf({ outcome, isBare }: VoteTable, vote: number): number {
  if (isBare[vote] === 0 || outcome[vote] === 0.5) return outcome[vote];
  return outcome[vote] > 0.5 ? BARE.first : BARE.second;
}
