import type { KitReport, KitTestResult } from '../../../../reward/kit/kit-report.js';
import { formatTable } from '../../../terminal/format-table.js';
import { estimateText, thresholdText, verdictText } from './figure-text.js';

/** A kit's report for a terminal or a log. */
export function kitText(report: KitReport): string {
  const { tests } = report;
  return [
    ...headLines(report),
    '',
    formatTable(['test', 'verdict', 'figure', 'estimate (95%)', 'threshold'], tests.flatMap(rowsOf)),
    '',
    ...tests.flatMap(notesOf),
    summaryLine(report),
  ].join('\n');
}

/** What was tested by what, in three lines. */
export function headLines({
  kit,
  model,
  swapped,
  register,
  answers,
  excluded,
  typicalGap,
}: KitReport): string[] {
  const checked = kit.nativeChecked ? 'native-checked' : 'not native-checked';
  const unscored = Object.entries(excluded).map(([kind, count]) => `${count} ${kind}`);
  const gap = typicalGap === undefined ? 'no typical gap' : `a typical gap is ${typicalGap.toFixed(3)}`;
  return [
    `Kit ${kit.locale} ${kit.version} (${kit.hash.slice(0, 12)}), ${checked}: ${kit.title}`,
    `Model: ${model}, to prefer ${register}${swapped === undefined ? '' : `; swapped: ${swapped}`}`,
    `${answers} answers asked about, ${unscored.length === 0 ? 'all scored' : `without a score: ${unscored.join(', ')}`}; ${gap}`,
  ];
}

/** How many tests have which verdict. */
export function summaryLine({ tests }: KitReport): string {
  const count = (verdict: KitTestResult['verdict']): number =>
    tests.filter((test) => test.verdict === verdict).length;
  return (
    `${count('pass')} of ${tests.length} tests pass, ${count('unproven')} unproven, ${count('fail')} fail, ` +
    `${count('not_measured')} not measured`
  );
}

function rowsOf({ test, verdict, figures }: KitTestResult): string[][] {
  if (figures.length === 0) return [[test, verdictText(verdict), '', '', '']];
  return figures.map((figure, at) => [
    at === 0 ? test : '',
    verdictText(figure.verdict),
    figure.name,
    estimateText(figure),
    thresholdText(figure.threshold),
  ]);
}

/** Of a test that does not pass: why its threshold is what it is, and where the fault shows most. */
function notesOf({
  test,
  verdict,
  measures,
  figures,
  excludedItems,
  reason,
  examples,
}: KitTestResult): string[] {
  if (verdict === 'pass' && excludedItems === 0) return [];
  const whys = new Set(figures.filter((one) => one.verdict !== 'pass').map(({ threshold }) => threshold.why));
  return [
    `${test}: ${measures}`,
    ...(reason === undefined ? [] : [`    ${reason}`]),
    ...(excludedItems === 0 || reason !== undefined
      ? []
      : [`    left out, since an answer has no score: ${excludedItems}`]),
    ...[...whys].map((why) => `    ${why}`),
    ...(verdict === 'pass' ? [] : examples.slice(0, 1)).map(
      ({ id, prompt }) => `    clearest: ${id}  ${prompt}`,
    ),
    '',
  ];
}
