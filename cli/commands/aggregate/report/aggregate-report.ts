import { escapeHtml } from '../../../../workers/evaluation/report/escape-html.js';
import { REPORT_STYLE } from '../../../../workers/evaluation/report/report-style.js';
import type { AggregateResult, FittedTerm } from '../aggregate-result.js';
import { agreementChart } from './agreement-chart.js';
import { intervalChart } from './interval-chart.js';

/** Rows of a chart; the tables have all. */
const MOST_BARS = 40;

/** The result as one self-contained page: no script, no outside resource, all text escaped. */
export function aggregateReport(result: AggregateResult): string {
  const { method, votes } = result;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Votes aggregated by ${method}</title>
<style>${REPORT_STYLE}</style>
<h1>Votes aggregated by ${method}</h1>
<p class="claim">${votes.scored} votes of ${votes.judges} judges on ${votes.pairs} pairs; ${votes.excluded} verdicts without a score are left out.</p>
${notes(result)}
${itemsSection(result)}
${judgesSection(result)}
${agreementSection(result)}
${influenceSection(result)}
${pairsSection(result)}
<footer>${footer(result)}</footer>
</html>
`;
}

function notes({ warnings, accuracy }: AggregateResult): string {
  const lines = [...warnings];
  if (accuracy !== undefined) {
    const { fused, anchors, choice } = accuracy;
    lines.unshift(
      `Right on ${percent(fused.value)} (${percent(fused.low)} to ${percent(fused.high)}) of ${anchors} anchors.`,
    );
    if (choice !== undefined) {
      lines.splice(
        1,
        0,
        `On held-out anchors the stack is right on ${percent(choice.stack.accuracy)} and the best judge on ` +
          `${percent(choice.judge.accuracy)} (difference ${percent(choice.gain.low)} to ${percent(choice.gain.high)}); ` +
          `used: ${choice.used === 'best_judge' ? `judge ${choice.bestJudge}` : 'the stack'}.`,
      );
    }
  }
  return lines.length === 0 ? '' : `<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`;
}

function itemsSection({ items }: AggregateResult): string {
  if (items === undefined) return '';
  const bars = items
    .slice(0, MOST_BARS)
    .map(({ item, ...rest }) => ({ name: item, value: rest.strength, ...bounds(rest) }));
  const rows = items.map(({ item, strength, standardError, low, high, ranks, bootstrap }, at) => [
    String(at + 1),
    item,
    strength.toFixed(3),
    standardError?.toFixed(3) ?? '',
    range(low, high),
    ranks?.join(' to ') ?? '',
    range(...(bootstrap ?? [])),
  ]);
  return `<h2>Items</h2>
${intervalChart({ title: 'Strengths with their intervals', bars })}
${table(['', 'item', 'strength', 'error', 'interval', 'ranks', 'bootstrap'], rows)}`;
}

function judgesSection({ judges, terms = [] }: AggregateResult): string {
  const reliability = judges.flatMap(({ judge, accuracy, reliability: fitted }) => {
    if (accuracy !== undefined) return [{ name: judge, value: accuracy.value, ...bounds(accuracy) }];
    return fitted === undefined ? [] : [{ name: judge, value: fitted }];
  });
  const position = judges.flatMap(({ judge, shownFirst }) =>
    shownFirst === undefined ? [] : [{ name: judge, value: shownFirst.value, ...bounds(shownFirst) }],
  );
  const rows = judges.map(({ judge, scored, excluded, swap, weight, reliability: fitted }) => [
    judge,
    String(scored),
    String(excluded),
    swap === undefined ? '' : `${swap.consistent} of ${swap.pairs}`,
    weight?.toFixed(3) ?? '',
    fitted?.toFixed(3) ?? '',
  ]);
  return `<h2>Judges</h2>
${intervalChart({ title: 'How often a judge is right, on anchors or as fitted', bars: reliability, reference: 0.5 })}
${intervalChart({ title: 'How often a judge names the answer shown first', bars: position, reference: 0.5 })}
${intervalChart({ title: 'What else moves a judge, in logits', bars: terms.map(termBar), reference: 0 })}
${table(['judge', 'votes', 'without a score', 'same in both orders', 'weight', 'reliability'], rows)}`;
}

function termBar(term: FittedTerm): { name: string; value: number; low?: number; high?: number } {
  const name = [term.judge, term.kind, term.of, term.locale].filter((part) => part !== undefined).join(' ');
  return { name, value: term.value, ...bounds(term) };
}

function agreementSection({ judges, agreement: { alpha, fleiss, twos } }: AggregateResult): string {
  if (twos.length === 0) return '';
  const lines = [
    ...(alpha === undefined
      ? []
      : [
          `Krippendorff's alpha ${alpha.value.toFixed(3)} (${alpha.low.toFixed(3)} to ${alpha.high.toFixed(3)})`,
        ]),
    ...(fleiss === undefined ? [] : [`Fleiss's kappa ${fleiss.toFixed(3)}`]),
  ];
  const names = judges.map(({ judge }) => judge);
  return `<h2>Agreement</h2><p>${escapeHtml(lines.join('; '))}</p>${agreementChart(names, twos)}`;
}

function influenceSection({ influence }: AggregateResult): string {
  if (influence === undefined) return '';
  const { better, worse, lead, votesThatDecide, largest } = influence;
  const deciding =
    votesThatDecide === undefined
      ? 'No loss of votes would turn that.'
      : `The loss of ${votesThatDecide} votes could turn that.`;
  const rows = largest.map(({ line, judge, change }) => [String(line), judge, change.toFixed(4)]);
  return `<h2>Influence of single votes</h2>
<p>${escapeHtml(`${better} leads ${worse} by ${lead.toFixed(3)}. ${deciding}`)}</p>
${table(['line', 'judge', 'change of the lead without it'], rows)}`;
}

function pairsSection({ pairs }: AggregateResult): string {
  if (pairs === undefined) return '';
  const rows = pairs.map(({ pair, first = '', second = '', probabilityFirst, standardError }) => [
    pair,
    first,
    second,
    probabilityFirst?.toFixed(3) ?? 'no vote',
    standardError?.toFixed(3) ?? '',
  ]);
  return `<h2>Pairs</h2>${table(['pair', 'first', 'second', 'P(first better)', 'error'], rows)}`;
}

function footer({ logLikelihood, gradientNorm, iterations }: AggregateResult): string {
  return [
    ...(logLikelihood === undefined ? [] : [`log-likelihood ${logLikelihood.toFixed(3)}`]),
    ...(gradientNorm === undefined ? [] : [`gradient ${gradientNorm.toExponential(1)}`]),
    ...(iterations === undefined ? [] : [`${iterations} iterations`]),
  ].join(', ');
}

function table(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[]): string =>
    row.map((one) => `<td><bdi>${escapeHtml(one)}</bdi></td>`).join('');
  return `<table><tr>${headings.map((heading) => `<th>${escapeHtml(heading)}</th>`).join('')}</tr>${rows
    .map((row) => `<tr>${cells(row)}</tr>`)
    .join('')}</table>`;
}

function bounds({ low, high }: { readonly low?: number; readonly high?: number }): {
  low?: number;
  high?: number;
} {
  return { ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) };
}

function range(low?: number, high?: number): string {
  return low === undefined || high === undefined ? '' : `${low.toFixed(3)} to ${high.toFixed(3)}`;
}

function percent(value: number): string {
  return `${(100 * value).toFixed(1)}%`;
}
