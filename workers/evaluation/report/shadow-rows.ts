import { formatNumber } from './format-figure.js';
import type { ShadowLine } from './report-data.js';

/** Figures of a candidate by the name that a reader knows them by. */
const NAMES: Readonly<Record<string, string>> = {
  agreement: 'pairs of a prompt that both order alike',
  kendall_tau: "Kendall's tau",
  score_shift: 'mean score less the active one',
  scores: 'mean score',
  excluded_share: 'answers without a score',
};
const SHARES: ReadonlySet<string> = new Set(['agreement', 'excluded_share']);

/** Who the candidate is, and since when it was scored. */
export function shadowHeading({ arm, rubricId, rubricHash, iterations }: ShadowLine): string {
  const [first, last] = [iterations[0], iterations[iterations.length - 1]];
  return `Shadow ${rubricId} (${rubricHash.slice(0, 12)}) in arm ${arm}, iterations ${first} to ${last}; nothing was learned from it`;
}

/** Means over the iterations, the same in the text and on the page. */
export function shadowRows({ means }: ShadowLine): { readonly name: string; readonly value: string }[] {
  return Object.entries(means).map(([figure, mean]) => ({
    name: NAMES[figure] ?? figure,
    value: SHARES.has(figure) ? formatNumber(mean, 'percent') : mean.toFixed(3),
  }));
}
