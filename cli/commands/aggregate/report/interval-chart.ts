import { escapeHtml } from '../../../../workers/evaluation/report/escape-html.js';

/** A named value with its interval. */
export interface IntervalBar {
  readonly name: string;
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

interface IntervalChart {
  readonly title: string;
  readonly bars: readonly IntervalBar[];
  /** A value to draw a line at, such as no bias. */
  readonly reference?: number;
}

const WIDTH = 560;
const LEFT = 170;
const RIGHT = 16;
const ROW = 20;
const TOP = 12;
const AXIS = 24;
const LONGEST_NAME = 26;
const TICKS = 4;

/** One row a value: a dot, and a line over its interval. */
export function intervalChart({ title, bars, reference }: IntervalChart): string {
  if (bars.length === 0) return '';
  const ends = bars.flatMap(({ value, low, high }) => [value, low ?? value, high ?? value]);
  if (reference !== undefined) ends.push(reference);
  const least = Math.min(...ends);
  const span = Math.max(Math.max(...ends) - least, 1e-9);
  const x = (value: number): string => (LEFT + ((value - least) / span) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const height = TOP + bars.length * ROW + AXIS;
  const base = TOP + bars.length * ROW;
  const ticks = Array.from({ length: TICKS + 1 }, (_, tick) => least + (span * tick) / TICKS);
  return [
    `<figure><figcaption>${escapeHtml(title)}</figcaption>`,
    `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(title)}">`,
    ...ticks.map(
      (tick) =>
        `<line x1="${x(tick)}" x2="${x(tick)}" y1="${TOP}" y2="${base}" stroke="#8884"/>` +
        `<text x="${x(tick)}" y="${base + 16}" text-anchor="middle">${tick.toFixed(2)}</text>`,
    ),
    ...(reference === undefined
      ? []
      : [`<line x1="${x(reference)}" x2="${x(reference)}" y1="${TOP}" y2="${base}" stroke="#b5541c"/>`]),
    ...bars.map((bar, at) => barRow(bar, TOP + at * ROW + ROW / 2, x)),
    '</svg></figure>',
  ].join('\n');
}

function barRow({ name, value, low, high }: IntervalBar, y: number, x: (value: number) => string): string {
  const shown = name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 1)}…`;
  const line =
    low === undefined || high === undefined
      ? ''
      : `<line x1="${x(low)}" x2="${x(high)}" y1="${y}" y2="${y}" stroke="#0b6e4f" stroke-width="2"/>`;
  return (
    `<text x="${LEFT - 8}" y="${y}" text-anchor="end" dominant-baseline="middle">${escapeHtml(shown)}</text>${line}` +
    `<circle cx="${x(value)}" cy="${y}" r="4" fill="#0b6e4f"><title>${escapeHtml(`${name}: ${value.toFixed(3)}`)}</title></circle>`
  );
}
