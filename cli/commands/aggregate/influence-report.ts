import type { BradleyTerryPriors } from '../../../core/math/bradley-terry-fit.js';
import type { TieModel } from '../../../core/math/tie-model.js';
import { rowsThatDecide, voteInfluence } from '../../../core/math/vote-influence.js';
import type { Ranking } from '../../../reward/preference/rank-items.js';
import type { VoteTable } from '../../../reward/preference/vote-table.js';
import type { InfluenceReport } from './aggregate-result.js';

const MOST_INFLUENCES = 10;

/** Which votes hold the first item before the second; absent where there is one item. */
export function influenceReport(
  { items, fit, rows }: Ranking,
  table: VoteTable,
  { priors, ties }: { readonly priors: BradleyTerryPriors; readonly ties: TieModel },
): { readonly influence?: InfluenceReport } {
  if (items.length < 2) return {};
  const [first, second] = items;
  const contrast = { better: table.items.indexOf(first.item), worse: table.items.indexOf(second.item) };
  const influence = voteInfluence(
    { comparisons: rows, fit, priors, ...(fit.tie === undefined ? {} : { ties }) },
    contrast,
  );
  const lead = first.strength - second.strength;
  const decisive = rowsThatDecide(influence, lead);
  const order = [...influence.keys()].sort(
    (a, b) => Math.abs(influence[b]) - Math.abs(influence[a]) || a - b,
  );
  return {
    influence: {
      better: first.item,
      worse: second.item,
      lead,
      ...(decisive === undefined ? {} : { votesThatDecide: decisive.length }),
      largest: order.slice(0, MOST_INFLUENCES).map((vote) => ({
        line: table.line[vote],
        judge: table.judges[table.judge[vote]],
        change: influence[vote],
      })),
    },
  };
}
