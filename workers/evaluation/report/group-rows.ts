import type { IntervalEstimate } from '../../../core/math/interval-estimate.js';
import { formatInterval } from './format-figure.js';
import type { GroupLine } from './report-data.js';

export const GROUPS_TITLE = 'Group by group';
export const GROUP_HEADS = [
  '',
  'wins over the SFT checkpoint',
  'reward of the checkpoint',
  'reward',
  'KL in nats',
] as const;

/** One row per arm and group, an arm's together: both names, wins, reward before and after, KL. */
export function groupRows(lines: readonly GroupLine[]): string[][] {
  return lines.map(({ arm, group, winRate, rewardBefore, reward, kl }) => [
    `${arm}, ${group}`,
    formatInterval(winRate, 'percent'),
    rewardCell(rewardBefore),
    rewardCell(reward),
    plain(kl),
  ]);
}

function rewardCell(reward: IntervalEstimate | undefined): string {
  return reward === undefined ? 'none was scored' : plain(reward);
}

function plain({ value, low, high }: IntervalEstimate): string {
  return `${value.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}
