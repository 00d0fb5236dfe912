import type { KitFigure } from '../../../../reward/kit/kit-figure.js';
import { escapeHtml } from '../../../../workers/evaluation/report/escape-html.js';
import { estimateText, thresholdText } from './figure-text.js';

const WIDTH = 220;
const HEIGHT = 18;
const MIDDLE = HEIGHT / 2;
const COLORS = { pass: '#0b6e4f', unproven: '#b58900', fail: '#b5321c' } as const;
/** What a figure in gaps is drawn between unless it goes beyond; shares are drawn between 0 and 1. */
const WIDEST_GAP = 1;

/** A figure as a line from end to end of its interval, a dot at the estimate, and the threshold shaded where it is kept. */
export function intervalChart(figure: KitFigure): string {
  const { estimate, threshold, unit, verdict } = figure;
  const [low, high] = unit === 'share' ? [0, 1] : rangeOfGaps(figure);
  const x = (value: number): string =>
    (((Math.min(high, Math.max(low, value)) - low) / (high - low)) * (WIDTH - 8) + 4).toFixed(1);
  const from = x(threshold.atLeast ?? low);
  const to = x(threshold.atMost ?? high);
  const label = escapeHtml(`${estimateText(figure)}; ${thresholdText(threshold)}`);
  return (
    `<svg class="interval" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">` +
    `<rect x="${from}" y="1" width="${(Number(to) - Number(from)).toFixed(1)}" height="${HEIGHT - 2}" fill="#0b6e4f" opacity="0.15"/>` +
    `<line x1="${x(estimate.low)}" x2="${x(estimate.high)}" y1="${MIDDLE}" y2="${MIDDLE}" stroke="${COLORS[verdict]}" stroke-width="3"/>` +
    `<circle cx="${x(estimate.value)}" cy="${MIDDLE}" r="4" fill="${COLORS[verdict]}"/></svg>`
  );
}

function rangeOfGaps({ estimate: { low, high } }: KitFigure): [number, number] {
  return [Math.min(-WIDEST_GAP, low), Math.max(WIDEST_GAP, high)];
}
