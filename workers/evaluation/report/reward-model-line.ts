import { formatNumber } from './format-figure.js';
import type { ReportData } from './report-data.js';

/** How often the reward model orders held-out pairs rightly, beside the length of the answers alone. */
export function rewardModelLine({ rewardModelAccuracy }: Pick<ReportData, 'rewardModelAccuracy'>): string {
  if (rewardModelAccuracy === undefined)
    return 'Reward model: no held-out pair had a side, so nothing was measured.';
  const { value, lengthBaseline, n } = rewardModelAccuracy;
  return (
    `Reward model on held-out pairs: ${formatNumber(value, 'percent')} of ${n}; the longer answer alone: ` +
    `${formatNumber(lengthBaseline, 'percent')}.`
  );
}
