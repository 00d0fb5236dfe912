import { BOTTOM, HEIGHT, horizontalGrid, LEFT, legend, RIGHT, TOP, WIDTH } from './chart-frame.js';
import type { VerticalScale } from './chart-frame.js';
import { escapeHtml } from './escape-html.js';
import type { ControlPoint } from './report-data.js';

const CONTROL_COLOR = '#2456a6';
/** Room for the scale of the win rate. */
const RIGHT_SCALE = RIGHT + 36;

export interface Frontier {
  readonly title: string;
  /** Of the reward's line. */
  readonly color: string;
  /** In the order of their iterations. */
  readonly points: readonly ControlPoint[];
}

/**
 * Reward and control win rate over the distance from the reference, as inline SVG in the manner of Gao et al. 2022 (arXiv
 * 2210.10760, figure 1): √KL to the right, the reward on the left scale, the win rate with its intervals on the right one.
 * The reward's line breaks where another reward model came in. Empty where nothing was checked.
 */
export function frontierChart({ title, color, points }: Frontier): string {
  if (points.length === 0) return '';
  const farthest = Math.max(...points.map(distance), 1e-6);
  const x = (point: ControlPoint): number =>
    LEFT + (distance(point) / farthest) * (WIDTH - LEFT - RIGHT_SCALE);
  const reward = rewardScale(points);
  const control = scale(0, 1);
  return [
    `<figure><figcaption>${escapeHtml(title)}</figcaption>`,
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(title)}">`,
    ...horizontalGrid(reward, WIDTH - RIGHT_SCALE),
    ...axes(control, farthest),
    ...byReward(points).map((stretch) =>
      polyline(
        stretch.map((point) => [x(point), reward.y(point.proxy)]),
        { color, name: 'reward' },
      ),
    ),
    polyline(
      points.map((point) => [x(point), control.y(point.control.value)]),
      { color: CONTROL_COLOR, name: 'control win rate' },
    ),
    ...points.map((point) => dot(point, [x(point), reward.y(point.proxy)], color)),
    ...points.map((point) => interval(point, x(point), control)),
    '</svg>',
    legend([
      { name: 'reward (left)', color },
      { name: 'control win rate (right)', color: CONTROL_COLOR },
    ]),
    '</figure>',
  ].join('\n');
}

/** The estimate of a KL may fall below 0, where no root is. */
function distance({ kl }: ControlPoint): number {
  return Math.sqrt(Math.max(kl, 0));
}

function rewardScale(points: readonly ControlPoint[]): VerticalScale {
  const scores = points.map(({ proxy }) => proxy);
  const low = Math.min(...scores, 0);
  return scale(low, Math.max(...scores, low + 1e-6));
}

function scale(low: number, high: number): VerticalScale {
  return { low, high, y: (value) => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM) };
}

/** Stretches of checks under one reward model. */
function byReward(points: readonly ControlPoint[]): ControlPoint[][] {
  const stretches: ControlPoint[][] = [];
  for (const [at, point] of points.entries()) {
    const isSame = at > 0 && points[at - 1].rewardModelHash === point.rewardModelHash;
    if (isSame) stretches[stretches.length - 1].push(point);
    else stretches.push([point]);
  }
  return stretches;
}

function polyline(
  places: readonly (readonly [x: number, y: number])[],
  { color, name }: { readonly color: string; readonly name: string },
): string {
  const corners = places.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(' ');
  return `<polyline fill="none" stroke="${color}" stroke-width="2" points="${corners}"><title>${name}</title></polyline>`;
}

function interval({ iteration, control }: ControlPoint, x: number, { y }: VerticalScale): string {
  const at = x.toFixed(1);
  return (
    `<line x1="${at}" x2="${at}" y1="${y(control.low).toFixed(1)}" y2="${y(control.high).toFixed(1)}" stroke="${CONTROL_COLOR}"/>` +
    dot({ iteration }, [x, y(control.value)], CONTROL_COLOR)
  );
}

function dot(
  { iteration }: Pick<ControlPoint, 'iteration'>,
  [x, y]: readonly [x: number, y: number],
  color: string,
): string {
  return `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="3" fill="${color}"><title>iteration ${iteration}</title></circle>`;
}

function axes({ y }: VerticalScale, farthest: number): string[] {
  const base = HEIGHT - 8;
  const right = WIDTH - RIGHT_SCALE;
  const rates = [0, 0.5, 1].map(
    (rate) =>
      `<text x="${right + 6}" y="${y(rate).toFixed(1)}" fill="${CONTROL_COLOR}" dominant-baseline="middle">${rate * 100}%</text>`,
  );
  return [
    ...rates,
    `<text x="${LEFT}" y="${base}">0</text>`,
    `<text x="${right}" y="${base}" text-anchor="end">√KL ${farthest.toFixed(2)}</text>`,
  ];
}
