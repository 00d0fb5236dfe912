import { claimOf, limitsOf } from './claim.js';
import { COMPARISON_HEADS, COMPARISON_NOTE, COMPARISON_TITLE, comparisonRows } from './comparison-rows.js';
import { controlLines } from './control-lines.js';
import { armsOf, figureRows } from './figure-rows.js';
import { formatNumber } from './format-figure.js';
import { GROUPS_TITLE, groupRows } from './group-rows.js';
import { rewardModelLine } from './reward-model-line.js';
import { shadowHeading, shadowRows } from './shadow-rows.js';
import type { ReportData, SamplePair, ShadowLine } from './report-data.js';

const SHOWN = 3;

/** The report for a terminal or a log. */
export function textReport(data: ReportData): string {
  const arms = armsOf(data);
  return [
    data.title,
    '',
    claimOf(data),
    '',
    ...figureRows(data).flatMap(({ name, cells }) => [
      name,
      ...cells.map((cell, index) => `    ${(arms[index] ?? '').padEnd(10)}  ${cell}`),
    ]),
    '',
    ...comparisonLines(data),
    ...judgeLines(data),
    '',
    ...controlLines(data),
    ...groupLines(data),
    ...swapLines(data),
    ...data.shadows.flatMap(shadowLines),
    'Best by the control judge',
    ...sampleLines(data.best),
    'Worst by the control judge',
    ...sampleLines(data.worst),
    limitsOf(data),
    `${data.seconds.toFixed(0)} s, peak memory ${(data.peakMemoryBytes / 2 ** 20).toFixed(0)} MiB, seed ${data.seed}, ` +
      `${data.workers} rollout workers; ${data.truncatedPrompts} prompts over length, ` +
      `${data.cutAnswers} answers cut in mid-character.`,
  ].join('\n');
}

function comparisonLines({ comparison }: ReportData): string[] {
  if (comparison === undefined) return [];
  const heads = COMPARISON_HEADS.slice(1);
  return [
    COMPARISON_TITLE,
    ...comparisonRows(comparison).flatMap(([name, ...cells]) => [
      `    ${name}`,
      ...cells.map((cell, at) => `        ${(heads[at] ?? '').padEnd(32)}  ${cell}`),
    ]),
    COMPARISON_NOTE,
    '',
  ];
}

function groupLines({ groups }: ReportData): string[] {
  if (groups.length === 0) return [];
  const rows = groupRows(groups).map(
    ([name = '', wins, before, after, kl]) =>
      `    ${name.padEnd(24)}  ${wins}  reward ${before} → ${after}  KL ${kl}`,
  );
  return [GROUPS_TITLE, ...rows, ''];
}

function judgeLines(data: ReportData): string[] {
  return [
    rewardModelLine(data),
    ...data.judges.map(
      (judge) => `Judge ${judge.name}: ${formatNumber(judge.accuracy, 'percent')} of ${judge.n} gold pairs.`,
    ),
    `Control judge: ${formatNumber(data.controlGoldAccuracy, 'percent')} of its own gold pairs.`,
  ];
}

function swapLines({ swap }: ReportData): string[] {
  if (swap === undefined) return [];
  const { flippedCount, comparedPairs, flippedPairs } = swap;
  return [
    `${flippedCount} of ${comparedPairs} pairs turned when the rubric was swapped.`,
    ...flippedPairs.slice(0, SHOWN).map(({ prompt, criterion }) => `    by ${criterion}: ${prompt}`),
    '',
  ];
}

function shadowLines(shadow: ShadowLine): string[] {
  return [
    shadowHeading(shadow),
    ...shadowRows(shadow).map(({ name, value }) => `    ${name}  ${value}`),
    ...shadow.differences
      .slice(0, SHOWN)
      .map(
        ({ answer, active, shadow: other }) => `    ${active.toFixed(2)} → ${other.toFixed(2)}  ${answer}`,
      ),
    '',
  ];
}

function sampleLines(samples: readonly SamplePair[]): string[] {
  return samples
    .slice(0, SHOWN)
    .flatMap(({ prompt, before, after }) => [
      `    ${prompt}`,
      `      before  ${before}`,
      `      after   ${after}`,
    ]);
}
