import { formatMicros } from '../../../../reward/gateway/money.js';
import { formatTable } from '../../../terminal/format-table.js';
import type { SwapCost } from './swap-cost.js';

/** A swap's questions and what they may cost, for people; the run's own way of asking is marked. */
export function swapCostText(cost: SwapCost | undefined): string {
  if (cost === undefined)
    return 'No judge of the run is known to be asked: rules, and what they teach, judge again at no cost.';
  const { plan, asks, pairs, judges, currency } = cost;
  const { changed, kept } = plan;
  const ways: [name: string, questions: number, isUsed: boolean][] = [
    ['what changed, by criterion', plan.byCriterion, asks === 'criteria'],
    ['every criterion anew', plan.everyCriterion, false],
    ['the whole rubric', plan.whole, asks === 'rubric'],
  ];
  const rows = judges.flatMap(({ id, microsPerCall }) =>
    ways.map(([name, questions, isUsed]) => [
      isUsed ? `* ${id}` : `  ${id}`,
      name,
      questions.toLocaleString('en'),
      microsPerCall === undefined ? 'unknown' : formatMicros(Math.ceil(questions * microsPerCall)),
    ]),
  );
  const all = changed.length + kept.length;
  const names = changed.length === 0 ? '' : ` (${changed.map(({ key }) => key).join(', ')})`;
  return [
    `${changed.length} of ${all} judged criteria changed${names}; ${pairs.toLocaleString('en')} stored pairs. At most:`,
    '',
    formatTable(['  judge', 'asked about', 'calls', currency], rows),
    '',
    `* is how this run asks (judges.asks: ${asks}). Prices are what each judge's calls cost so far on average.`,
  ].join('\n');
}
