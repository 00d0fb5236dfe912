import { formatNumber } from './format-figure.js';
import type { ReportData } from './report-data.js';

/** How often the reward model orders held-out pairs rightly, beside the length of the answers alone. */
export function rewardModelLine({
  rewardModelAccuracy,
  rewardModelForm,
}: Pick<ReportData, 'rewardModelAccuracy' | 'rewardModelForm'>): string {
  const name = rewardModelForm === 'light' ? 'Light reward model' : 'Reward model';
  if (rewardModelAccuracy === undefined)
    return `${name}: no held-out pair had a side, so nothing was measured.`;
  const { value, lengthBaseline, n } = rewardModelAccuracy;
  return (
    `${name} on held-out pairs: ${formatNumber(value, 'percent')} of ${n}; the longer answer alone: ` +
    `${formatNumber(lengthBaseline, 'percent')}.`
  );
}
