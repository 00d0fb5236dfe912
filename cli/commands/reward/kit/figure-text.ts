import type { KitFigure, Threshold } from '../../../../reward/kit/kit-figure.js';
import type { KitTestResult } from '../../../../reward/kit/kit-report.js';

/** `0.84 (0.65 to 0.94, n = 25)`. */
export function estimateText({ estimate: { value, low, high, n } }: KitFigure): string {
  return `${figureNumber(value)} (${figureNumber(low)} to ${figureNumber(high)}, n = ${n})`;
}

/** `at least 0.70`, or `0.30 to 0.70`. */
export function thresholdText({ atLeast, atMost }: Threshold): string {
  if (atLeast === undefined) return `at most ${figureNumber(atMost ?? Infinity)}`;
  if (atMost === undefined) return `at least ${figureNumber(atLeast)}`;
  return `${figureNumber(atLeast)} to ${figureNumber(atMost)}`;
}

/** As people read a verdict; a failure stands out. */
export function verdictText(verdict: KitTestResult['verdict']): string {
  return verdict === 'fail' ? 'FAIL' : verdict.replace('_', ' ');
}

/** Two digits, and no minus before a nought. */
function figureNumber(value: number): string {
  return (Number(value.toFixed(2)) + 0).toFixed(2);
}
