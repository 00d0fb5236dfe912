import type { KitFigure } from '../../../../reward/kit/kit-figure.js';
import type { KitExample, KitReport, KitTestResult } from '../../../../reward/kit/kit-report.js';
import { escapeHtml, localeText } from '../../../../workers/evaluation/report/escape-html.js';
import { REPORT_STYLE } from '../../../../workers/evaluation/report/report-style.js';
import { estimateText, thresholdText, verdictText } from './figure-text.js';
import { intervalChart } from './interval-chart.js';
import { headLines, summaryLine } from './kit-text.js';

const STYLE = `${REPORT_STYLE}
svg.interval { width: 13rem; }
.fail { color: #b5321c; font-weight: bold; }
.unproven { color: #946c00; }
`;

/** A kit's report as one self-contained page: no script, no outside resource, all text escaped. */
export function kitPage(report: KitReport): string {
  const title = `Culture kit ${report.kit.locale}: ${report.model}`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
<h1>${escapeHtml(title)}</h1>
<p class="claim">${escapeHtml(summaryLine(report))}.</p>
${headLines(report)
  .map((line) => `<p>${escapeHtml(line)}</p>`)
  .join('\n')}
<p>Shares are of probes; gaps are in typical gaps, the mean distance of the two answers of the kit's pairs. Bars are 95%
intervals; what is shaded keeps the threshold. A figure passes where its whole bar does, is unproven where only the
estimate does, and fails where that does not.</p>
${report.tests.map((test) => testSection(test, report.kit.locale)).join('\n')}
</html>
`;
}

function testSection(result: KitTestResult, locale: string): string {
  const { test, verdict, measures, figures, items, excludedItems, reason, examples } = result;
  return `<section><h2>${escapeHtml(test)}: <span class="${verdict}">${verdictText(verdict)}</span></h2>
<p>${escapeHtml(measures)}; ${items} probes${excludedItems === 0 ? '' : `, ${excludedItems} left out since an answer has no score`}.</p>
${reason === undefined ? '' : `<p>${escapeHtml(reason)}</p>`}
${figures.length === 0 ? '' : figureTable(figures)}
${verdict === 'pass' || examples.length === 0 ? '' : exampleTable(examples, locale)}</section>`;
}

function figureTable(figures: readonly KitFigure[]): string {
  const rows = figures.map(
    (figure) =>
      `<tr><td>${escapeHtml(figure.name)}</td><td class="${figure.verdict}">${verdictText(figure.verdict)}</td>` +
      `<td>${intervalChart(figure)}</td><td>${estimateText(figure)}</td>` +
      `<td>${thresholdText(figure.threshold)}</td><td>${escapeHtml(figure.threshold.why)}</td></tr>`,
  );
  return `<table><tr><th>figure</th><th></th><th></th><th>estimate</th><th>threshold</th><th>why</th></tr>${rows.join('')}</table>`;
}

function exampleTable(examples: readonly KitExample[], locale: string): string {
  const rows = examples.map(
    ({ id, prompt, answers }) =>
      `<tr><td>${escapeHtml(id)}</td><td>${localeText(prompt, locale)}</td><td>${answers
        .map(({ answer, score }) => `${localeText(answer, locale)}<small>${score.toFixed(3)}</small>`)
        .join('')}</td></tr>`,
  );
  return `<details><summary>where the fault shows most</summary><table><tr><th>probe</th><th>question</th><th>answers and scores</th></tr>${rows.join('')}</table></details>`;
}
