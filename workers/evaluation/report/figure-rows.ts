import { ARM_NAMES, type ArmFigures, type ArmName } from '../arm-figures.js';
import { formatInterval, formatNumber } from './format-figure.js';
import type { ReportData } from './report-data.js';

/** One row of the figures table: a name, and a text per arm that ran. */
export interface FigureRow {
  readonly name: string;
  readonly cells: readonly string[];
}

/** The arms that ran, in the experiment's order. */
export function armsOf(data: ReportData): ArmName[] {
  return ARM_NAMES.filter((name) => data.arms[name] !== undefined);
}

/** The figures table: the same rows in the text and on the page. */
export function figureRows(data: ReportData): FigureRow[] {
  const arms = armsOf(data).flatMap((name) => data.arms[name] ?? []);
  const row = (name: string, cell: (arm: ArmFigures) => string): FigureRow => ({
    name,
    cells: arms.map(cell),
  });
  const change = (before: string, after: string): string => `${before} → ${after}`;
  return [
    row('local share of unseen entities', ({ localEntityShare }) =>
      localEntityShare === undefined
        ? 'no unseen entity was named'
        : change(
            formatNumber(localEntityShare.before.value, 'percent'),
            formatInterval(localEntityShare.after, 'percent'),
          ),
    ),
    row('answers that open with an unseen entity', ({ unseenMentionRate: { before, after } }) =>
      change(formatNumber(before.value, 'percent'), formatInterval(after, 'percent')),
    ),
    ...Object.keys(arms[0]?.targetMetric ?? {}).map((rubric) =>
      row(`register of ${rubric}`, ({ targetMetric }) => {
        const figures = targetMetric[rubric];
        if (figures === undefined) return 'not measured';
        return change(
          formatNumber(figures.before.value, 'percent'),
          formatInterval(figures.after, 'percent'),
        );
      }),
    ),
    row('win rate against the SFT checkpoint', ({ winRate }) => formatInterval(winRate, 'percent')),
    row('win rate minus placebo', ({ winRateMinusPlacebo }) =>
      winRateMinusPlacebo === undefined ? 'no placebo ran' : formatInterval(winRateMinusPlacebo, 'percent'),
    ),
    row('KL to the SFT checkpoint, per sequence', ({ kl }) => formatInterval(kl, 'nats')),
    row('held-out NLL per token', ({ heldOutNll: { before, after } }) =>
      change(formatNumber(before, 'nats'), formatNumber(after, 'nats')),
    ),
    row('repeated word pairs', ({ repetition: { before, after } }) =>
      change(formatNumber(before, 'percent'), formatNumber(after, 'percent')),
    ),
    row('stuffed answers', ({ stuffing: { before, after } }) =>
      change(formatNumber(before, 'percent'), formatNumber(after, 'percent')),
    ),
    row('final policy', ({ policyHash }) => policyHash.slice(0, 16)),
  ];
}
