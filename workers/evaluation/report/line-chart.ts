import { BOTTOM, HEIGHT, horizontalGrid, LEFT, legend, RIGHT, TOP, WIDTH } from './chart-frame.js';
import { escapeHtml } from './escape-html.js';
import type { CurvePoint } from './report-data.js';

export interface ChartLine {
  readonly name: string;
  readonly color: string;
  readonly points: readonly CurvePoint[];
}

/** A line chart over iterations as inline SVG: one polyline a series, four horizontal grid lines, a legend. */
export function lineChart(title: string, lines: readonly ChartLine[]): string {
  const points = lines.flatMap((line) => line.points);
  if (points.length === 0) return '';
  const scale = scaleOf(points);
  return [
    `<figure><figcaption>${escapeHtml(title)}</figcaption>`,
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">`,
    ...gridLines(scale),
    ...lines.map(
      ({ name, color, points: line }) =>
        `<polyline fill="none" stroke="${color}" stroke-width="2" points="${line
          .map(({ iteration, value }) => `${scale.x(iteration).toFixed(1)},${scale.y(value).toFixed(1)}`)
          .join(' ')}"><title>${escapeHtml(name)}</title></polyline>`,
    ),
    '</svg>',
    `${legend(lines)}</figure>`,
  ].join('\n');
}

interface Scale {
  readonly low: number;
  readonly high: number;
  readonly last: number;
  readonly x: (iteration: number) => number;
  readonly y: (value: number) => number;
}

function scaleOf(points: readonly CurvePoint[]): Scale {
  const values = points.map(({ value }) => value);
  const last = Math.max(...points.map(({ iteration }) => iteration), 1);
  const low = Math.min(...values, 0);
  const high = Math.max(...values, low + 1e-6);
  return {
    low,
    high,
    last,
    x: (iteration) => LEFT + (iteration / last) * (WIDTH - LEFT - RIGHT),
    y: (value) => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM),
  };
}

function gridLines({ low, high, last, y }: Scale): string[] {
  const base = HEIGHT - 8;
  return [
    ...horizontalGrid({ low, high, y }),
    `<text x="${LEFT}" y="${base}">0</text>`,
    `<text x="${WIDTH - RIGHT}" y="${base}" text-anchor="end">iteration ${last}</text>`,
  ];
}
