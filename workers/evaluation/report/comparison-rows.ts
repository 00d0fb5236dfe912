import type { ComparisonRow } from '../compare-policies.js';
import { formatInterval, formatNumber } from './format-figure.js';

/** Heads of the comparison's columns, the first for the names. */
export const COMPARISON_HEADS = [
  '',
  'wins over the SFT checkpoint',
  'wins of the first minus these',
  'register of the rubric',
  'held-out NLL per token',
  'KL per answer',
] as const;

export const COMPARISON_TITLE = 'The same preferences, by other means';

/** What the rows rest on, in a sentence or two. */
export const COMPARISON_NOTE =
  'All are trained from one SFT checkpoint on the pairs that the reward model learned from. Best-of-n picks among the ' +
  'checkpoint’s own answers by that reward model; its KL is the bound log n − (n − 1)/n (Beirami et al. 2024), n the nearest ' +
  'to a trained policy’s KL among those that were drawn.';

/** One row per contender: its name and a text per figure. */
export function comparisonRows(rows: readonly ComparisonRow[]): string[][] {
  return rows.map(({ name, winRate, firstMinusThis, targetMetric, heldOutNll, kl }) => [
    name,
    formatInterval(winRate, 'percent'),
    firstMinusThis === undefined ? '–' : formatInterval(firstMinusThis, 'percent'),
    formatInterval(targetMetric, 'percent'),
    heldOutNll === undefined ? '–' : formatInterval(heldOutNll, 'nats'),
    typeof kl === 'number' ? `at most ${formatNumber(kl, 'nats')}` : formatInterval(kl, 'nats'),
  ]);
}
