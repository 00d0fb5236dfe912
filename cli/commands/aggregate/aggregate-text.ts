import type { IntervalEstimate } from '../../../core/math/interval-estimate.js';
import { formatTable } from '../../terminal/format-table.js';
import type { AggregateResult, JudgeReport } from './aggregate-result.js';

/** Rows of items or pairs that a terminal gets; `--json` and `--report` have all. */
const MOST_ROWS = 20;

/** The result for people. */
export function aggregateText(result: AggregateResult): string {
  return [
    headline(result),
    itemsTable(result),
    pairsTable(result),
    formatTable(
      ['judge', 'votes', 'steady', 'shown first', 'weight', 'reliability', 'on anchors'],
      result.judges.map(judgeRow),
    ),
    termsTable(result),
    agreementLine(result),
    accuracyLines(result),
    influenceLine(result),
    ...result.warnings.map((warning) => `Note: ${warning}`),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function headline({ method, votes, logLikelihood, gradientNorm, iterations }: AggregateResult): string {
  const { scored, excluded, judges, pairs } = votes;
  const fit = [
    ...(logLikelihood === undefined ? [] : [`log-likelihood ${logLikelihood.toFixed(3)}`]),
    ...(gradientNorm === undefined ? [] : [`gradient ${gradientNorm.toExponential(1)}`]),
    ...(iterations === undefined ? [] : [`${iterations} iterations`]),
  ];
  return [
    `${method}: ${scored} votes of ${judges} judges on ${pairs} pairs; ${excluded} without a score, left out.`,
    ...(fit.length === 0 ? [] : [`${fit.join(', ')}.`]),
  ].join('\n');
}

function itemsTable({ items = [] }: AggregateResult): string {
  if (items.length === 0) return '';
  const rows = items
    .slice(0, MOST_ROWS)
    .map(({ item, strength, standardError, low, high, ranks, bootstrap }, at) => [
      String(at + 1),
      item,
      strength.toFixed(3),
      standardError?.toFixed(3) ?? '-',
      low === undefined || high === undefined ? '-' : between(low, high),
      ranks === undefined ? '-' : ranks.join(' to '),
      bootstrap === undefined ? '-' : between(...bootstrap),
    ]);
  return (
    formatTable(['', 'item', 'strength', 'error', 'interval', 'ranks', 'bootstrap'], rows) +
    more(items.length)
  );
}

function pairsTable({ pairs = [], items }: AggregateResult): string {
  // Where items are ranked, pairs are only the way there.
  if (pairs.length === 0 || items !== undefined) return '';
  const rows = pairs
    .slice(0, MOST_ROWS)
    .map(({ pair, probabilityFirst, standardError }) => [
      pair,
      probabilityFirst?.toFixed(3) ?? 'no vote',
      standardError?.toFixed(3) ?? '-',
    ]);
  return formatTable(['pair', 'P(first better)', 'error'], rows) + more(pairs.length);
}

function more(rows: number): string {
  return rows <= MOST_ROWS ? '' : `\n… and ${rows - MOST_ROWS} more, which --json and --report have.`;
}

function judgeRow({
  judge,
  scored,
  excluded,
  swap,
  shownFirst,
  weight,
  reliability,
  accuracy,
}: JudgeReport): string[] {
  return [
    judge,
    excluded === 0 ? String(scored) : `${scored} (+${excluded} unscored)`,
    swap === undefined ? '-' : `${swap.consistent} of ${swap.pairs}`,
    shownFirst === undefined ? '-' : share(shownFirst),
    weight?.toFixed(3) ?? '-',
    reliability?.toFixed(3) ?? '-',
    accuracy === undefined ? '-' : share(accuracy),
  ];
}

function termsTable({ terms = [] }: AggregateResult): string {
  if (terms.length === 0) return '';
  return formatTable(
    ['bias', 'judge', 'logit', 'error', 'interval'],
    terms.map(({ kind, judge, locale, of, value, standardError, low, high }) => [
      [kind, of, locale].filter((part) => part !== undefined).join(' '),
      judge,
      value.toFixed(3),
      standardError?.toFixed(3) ?? '-',
      low === undefined || high === undefined ? '-' : between(low, high),
    ]),
  );
}

function agreementLine({ agreement: { alpha, fleiss } }: AggregateResult): string {
  if (alpha === undefined) return '';
  const other = fleiss === undefined ? '' : `; Fleiss's kappa ${fleiss.toFixed(3)}`;
  return `Krippendorff's alpha ${alpha.value.toFixed(3)} (${between(alpha.low, alpha.high)})${other}.`;
}

function accuracyLines({ accuracy }: AggregateResult): string {
  if (accuracy === undefined) return '';
  const { fused, brier, anchors, choice } = accuracy;
  const line = `Right on ${share(fused)} of ${anchors} ${choice === undefined ? '' : 'held-out '}anchors, Brier score ${brier.toFixed(3)}.`;
  if (choice === undefined) return line;
  const { used, stack, judge, bestJudge, gain } = choice;
  return [
    line,
    `Used: ${used === 'best_judge' ? `judge ${bestJudge} alone` : 'the stack'}. Held out, the stack is right on ` +
      `${percent(stack.accuracy)} (log-loss ${stack.logLoss.toFixed(3)}), the best judge on ${percent(judge.accuracy)} ` +
      `(${judge.logLoss.toFixed(3)}); difference ${share(gain)}.`,
  ].join('\n');
}

function influenceLine({ influence }: AggregateResult): string {
  if (influence === undefined) return '';
  const { better, worse, lead, votesThatDecide } = influence;
  const deciding =
    votesThatDecide === undefined
      ? 'no loss of votes would turn that'
      : `the loss of ${votesThatDecide} votes could turn that`;
  return `${better} leads ${worse} by ${lead.toFixed(3)}; ${deciding}.`;
}

function share({ value, low, high }: IntervalEstimate): string {
  return `${percent(value)} (${between(100 * low, 100 * high, 1)})`;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)}%`;
}

function between(low: number, high: number, digits = 3): string {
  return `${low.toFixed(digits)} to ${high.toFixed(digits)}`;
}
