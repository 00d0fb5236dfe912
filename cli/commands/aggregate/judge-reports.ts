import type { PairVerdict } from '../../../core/domain/verdict.js';
import { proportionInterval } from '../../../core/math/proportion-interval.js';
import type { Gold } from '../../../reward/preference/panel-accuracy.js';
import type { PanelVotes } from '../../../reward/preference/panel-votes.js';
import { swapConsistency } from '../../../reward/preference/swap-consistency.js';
import type { VoteTable } from '../../../reward/preference/vote-table.js';
import type { JudgeReport } from './aggregate-result.js';

interface JudgeFacts {
  readonly votes: PanelVotes['votes'];
  readonly gold: Gold;
  readonly level: number;
  readonly weights: ReadonlyMap<string, number> | undefined;
  readonly reliability: ReadonlyMap<string, number> | undefined;
}

/** What is known of each judge: how steady, how biased by order, how often right. */
export function judgeReports(
  table: VoteTable,
  verdicts: readonly PairVerdict[],
  facts: JudgeFacts,
): JudgeReport[] {
  const swaps = table.hasOrders ? swapConsistency(verdicts) : new Map<string, never>();
  const scored = new Int32Array(table.judges.length);
  for (const judge of table.judge) scored[judge] += 1;
  return table.judges.map((judge, at): JudgeReport => {
    const swap = swaps.get(judge);
    const weight = facts.weights?.get(judge);
    const reliability = facts.reliability?.get(judge);
    const accuracy = judgeAccuracy(judge, facts);
    return {
      judge,
      scored: scored[at],
      excluded: table.excluded[at],
      ...(swap === undefined || swap.pairs === 0
        ? {}
        : { swap: { pairs: swap.pairs, consistent: swap.consistent } }),
      ...(swap === undefined || swap.decisive === 0
        ? {}
        : { shownFirst: proportionInterval(swap.shownFirstWins, swap.decisive, facts.level) }),
      ...(weight === undefined ? {} : { weight }),
      ...(reliability === undefined || Number.isNaN(reliability) ? {} : { reliability }),
      ...(accuracy === undefined ? {} : { accuracy }),
    };
  });
}

/** A judge against gold, after balancing its two orders; a tie counts half. */
function judgeAccuracy(judge: string, { votes, gold, level }: JudgeFacts): JudgeReport['accuracy'] {
  let right = 0;
  let pairs = 0;
  for (const [pairId, firstIsBetter] of gold) {
    const logit = votes.get(pairId)?.get(judge);
    if (logit === undefined) continue;
    pairs += 1;
    right += logit === 0 ? 0.5 : Number(logit > 0 === firstIsBetter);
  }
  return pairs === 0 ? undefined : proportionInterval(right, pairs, level);
}
