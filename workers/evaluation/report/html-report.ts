import type { ArmName } from '../arm-figures.js';
import { claimOf, limitsOf } from './claim.js';
import { COMPARISON_HEADS, COMPARISON_NOTE, COMPARISON_TITLE, comparisonRows } from './comparison-rows.js';
import { escapeHtml, localeText } from './escape-html.js';
import { armsOf, figureRows } from './figure-rows.js';
import { formatNumber } from './format-figure.js';
import { frontierChart } from './frontier-chart.js';
import { GROUP_HEADS, GROUPS_TITLE, groupRows } from './group-rows.js';
import { lineChart } from './line-chart.js';
import { rewardModelLine } from './reward-model-line.js';
import { REPORT_STYLE } from './report-style.js';
import { shadowHeading, shadowRows } from './shadow-rows.js';
import type { FlippedPairLine, ReportData, SamplePair, ShadowLine } from './report-data.js';

const COLORS: Readonly<Record<ArmName, string>> = {
  rubricA: '#0b6e4f',
  swapped: '#b5541c',
  placebo: '#7a7a7a',
  'sft-chosen': '#3b5ba5',
  dpo: '#7b3fa0',
};

/** The report as one self-contained page: no script, no outside resource, all text escaped. */
export function htmlReport(data: ReportData): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(data.title)}</title>
<style>${REPORT_STYLE}</style>
<h1>${escapeHtml(data.title)}</h1>
<p class="claim">${escapeHtml(claimOf(data))}</p>
${chart(data, 'Reward per iteration, each arm by its own reward model', 'reward')}
${chart(data, 'KL to the SFT checkpoint, nats per sequence', 'kl')}
${frontiers(data)}
<h2>Figures</h2>
${figuresTable(data)}
${comparison(data)}
${groups(data)}
<h2>Judges and reward model</h2>
${judges(data)}
<h2>Rubrics</h2>
<ul>${data.rubrics
    .map(
      ({ id, version, title, hash }) =>
        `<li><b>${escapeHtml(id)}</b> ${escapeHtml(version)}, ${escapeHtml(title)} <code>${escapeHtml(hash.slice(0, 16))}</code></li>`,
    )
    .join('')}</ul>
${swapSection(data)}
${data.shadows.map((shadow) => shadowSection(shadow, data.locale)).join('')}
<h2>Best by the control judge</h2>
${samples(data.best, data.locale)}
<h2>Worst by the control judge</h2>
${samples(data.worst, data.locale)}
<h2>What this shows and what it does not</h2>
<p>${escapeHtml(limitsOf(data))}</p>
<footer>${data.seconds.toFixed(0)} s, peak memory ${(data.peakMemoryBytes / 2 ** 20).toFixed(0)} MiB, seed ${data.seed},
${data.workers} rollout workers; ${data.truncatedPrompts} prompts over length, ${data.cutAnswers} answers cut in
mid-character.</footer>
</html>
`;
}

/** The arms that have curves: baselines have no iterations. */
function trainedByReward(data: ReportData): ArmName[] {
  return armsOf(data).filter((name) => data.curves[name] !== undefined);
}

function chart(data: ReportData, title: string, curve: 'reward' | 'kl'): string {
  return lineChart(
    title,
    trainedByReward(data).map((name) => ({
      name,
      color: COLORS[name],
      points: data.curves[name]?.[curve] ?? [],
    })),
  );
}

function frontiers(data: ReportData): string {
  return trainedByReward(data)
    .map((name) => {
      const points = data.curves[name]?.checks ?? [];
      return frontierChart({ title: `Reward and control win rate, ${name}`, color: COLORS[name], points });
    })
    .join('\n');
}

function figuresTable(data: ReportData): string {
  const head = armsOf(data)
    .map((name) => `<th>${name}</th>`)
    .join('');
  const rows = figureRows(data).map(
    ({ name, cells }) =>
      `<tr><th>${escapeHtml(name)}</th>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`,
  );
  return `<table><tr><th></th>${head}</tr>${rows.join('')}</table>`;
}

function comparison({ comparison: rows }: ReportData): string {
  if (rows === undefined) return '';
  return `<h2>${escapeHtml(COMPARISON_TITLE)}</h2>
${namedTable(COMPARISON_HEADS, comparisonRows(rows))}
<p>${escapeHtml(COMPARISON_NOTE)}</p>`;
}

function groups({ groups: lines }: ReportData): string {
  if (lines.length === 0) return '';
  return `<h2>${escapeHtml(GROUPS_TITLE)}</h2>
${namedTable(GROUP_HEADS, groupRows(lines))}`;
}

/** A table whose rows begin with their name. */
function namedTable(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const head = heads.map((name) => `<th>${escapeHtml(name)}</th>`).join('');
  const body = rows.map(
    ([name, ...cells]) =>
      `<tr><th>${escapeHtml(name ?? '')}</th>${cells.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`,
  );
  return `<table><tr>${head}</tr>${body.join('')}</table>`;
}

function judges(data: ReportData): string {
  const lines = [
    rewardModelLine(data),
    ...data.judges.map(
      ({ name, accuracy, n }) => `${name}: ${formatNumber(accuracy, 'percent')} of ${n} gold pairs.`,
    ),
    `Control judge: ${formatNumber(data.controlGoldAccuracy, 'percent')} of its own gold pairs.`,
  ];
  return `<ul>${lines.map((line) => `<li>${escapeHtml(line)}</li>`).join('')}</ul>`;
}

function swapSection({ swap, locale }: ReportData): string {
  if (swap === undefined) return '';
  return `<h2>Pairs that the swap turned</h2>
<p>${swap.flippedCount} of ${swap.comparedPairs} pairs turned.</p>
${flipped(swap.flippedPairs, locale)}`;
}

function shadowSection(shadow: ShadowLine, locale: string): string {
  const figures = shadowRows(shadow).map(
    ({ name, value }) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
  );
  const differences = shadow.differences.map(
    ({ prompt, answer, active, shadow: other }) =>
      `<tr><td>${localeText(prompt, locale)}</td><td>${localeText(answer, locale)}</td>` +
      `<td>${active.toFixed(2)} → ${other.toFixed(2)}</td></tr>`,
  );
  return `<h2>${escapeHtml(shadowHeading(shadow))}</h2>
<table>${figures.join('')}</table>
<table><tr><th>prompt</th><th>answer</th><th>score</th></tr>${differences.join('')}</table>`;
}

function flipped(pairs: readonly FlippedPairLine[], locale: string): string {
  const rows = pairs.map(
    (pair) =>
      `<tr><td>${localeText(pair.prompt, locale)}</td><td>${localeText(pair.first, locale)}</td>` +
      `<td>${localeText(pair.second, locale)}</td><td>${pair.probabilityFirstBefore.toFixed(2)} → ` +
      `${pair.probabilityFirstAfter.toFixed(2)}</td><td>${escapeHtml(pair.criterion)}</td></tr>`,
  );
  return `<table><tr><th>prompt</th><th>first</th><th>second</th><th>P(first)</th><th>criterion</th></tr>${rows.join('')}</table>`;
}

function samples(pairs: readonly SamplePair[], locale: string): string {
  const rows = pairs.map(
    ({ prompt, before, after, probabilityAfter }) =>
      `<tr><td>${localeText(prompt, locale)}</td><td>${localeText(before, locale)}</td>` +
      `<td>${localeText(after, locale)}</td><td>${probabilityAfter.toFixed(2)}</td></tr>`,
  );
  return `<table><tr><th>prompt</th><th>before</th><th>after</th><th>P(after)</th></tr>${rows.join('')}</table>`;
}
