import { formatInterval } from './format-figure.js';
import type { GroupLine } from './report-data.js';

export const GROUPS_TITLE = 'Group by group';
export const GROUP_HEADS = ['', 'wins over the SFT checkpoint', 'reward'] as const;

/** One row per arm and group, an arm's together: both names, wins, reward. */
export function groupRows(lines: readonly GroupLine[]): string[][] {
  return lines.map(({ arm, group, winRate, reward }) => [
    `${arm}, ${group}`,
    formatInterval(winRate, 'percent'),
    reward === undefined
      ? 'none was scored'
      : `${reward.value.toFixed(2)} (${reward.low.toFixed(2)} to ${reward.high.toFixed(2)})`,
  ]);
}
