import { escapeHtml } from './escape-html.js';

/** The frame that every chart of a report is drawn in, in units of its view box. */
export const WIDTH = 560;
export const HEIGHT = 220;
export const LEFT = 48;
export const BOTTOM = 28;
export const TOP = 12;
export const RIGHT = 12;

const TICKS = 4;

/** Values from low to high, and where each stands in the frame. */
export interface VerticalScale {
  readonly low: number;
  readonly high: number;
  readonly y: (value: number) => number;
}

/** Five horizontal lines with their values at the left; `right` is where they end. */
export function horizontalGrid({ low, high, y }: VerticalScale, right = WIDTH - RIGHT): string[] {
  return Array.from({ length: TICKS + 1 }, (_, tick) => {
    const value = low + ((high - low) * tick) / TICKS;
    const at = y(value).toFixed(1);
    return (
      `<line x1="${LEFT}" x2="${right}" y1="${at}" y2="${at}" stroke="#ddd"/>` +
      `<text x="${LEFT - 6}" y="${at}" text-anchor="end" dominant-baseline="middle">${value.toFixed(2)}</text>`
    );
  });
}

/** The names of what is drawn, with their colours. */
export function legend(lines: readonly { readonly name: string; readonly color: string }[]): string {
  const spans = lines.map(
    ({ name, color }) => `<span><i style="background:${color}"></i>${escapeHtml(name)}</span>`,
  );
  return `<p class="legend">${spans.join('')}</p>`;
}
