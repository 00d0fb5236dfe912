import { inARow } from './health-history.js';
import type { HealthCheck } from './health-check.js';
import { figure, lastIterations } from './pause-reason.js';

/** Stops when a larger share of answers than this had no score in this many iterations in a row. */
export function tooFewScores(run: string, share: number, count: number): HealthCheck {
  return (history) => {
    const bad = inARow(history, count, ({ metrics }) => metrics['rewards/excluded_share'] > share);
    if (bad === undefined) return undefined;
    const last = bad[bad.length - 1];
    const shares = bad.map(({ metrics }) => figure(metrics['rewards/excluded_share'])).join(', ');
    return {
      kind: 'too_few_scores',
      sentence: `Iteration ${last.iteration}: rewards/excluded_share was ${shares} ${lastIterations(count)}; allowed: at most ${figure(share)} (algorithm.excludedShareAlarm).`,
      nextStep: `See with \`majlis watch ${run}\` since when, let the judges answer again or take another rubric with \`majlis rubric swap ${run} RUBRIC\`, then \`majlis resume ${run}\`.`,
    };
  };
}
