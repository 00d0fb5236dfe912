import type { HealthCheck } from './health-check.js';
import { figure } from './pause-reason.js';

/**
 * Stops at once when a larger share of canaries than this was paid like answers: they are fixed texts, so that one look
 * is no noise, and a reward that pays them will teach them.
 */
export function canariesPaid(run: string, limit: number): HealthCheck {
  return ({ recent }) => {
    const last = recent.at(-1);
    const share = last?.metrics['watch/canaries_paid_share'] ?? 0;
    if (last === undefined || !(share > limit)) return undefined;
    return {
      kind: 'canaries_paid',
      sentence: `Iteration ${last.iteration}: watch/canaries_paid_share was ${figure(share)}, of answers that answer nothing; allowed: at most ${figure(limit)} (watch.canaryLimit).`,
      nextStep: `Give the rubric a veto on what is no answer (evaluator degenerate) and swap it in with \`majlis rubric swap ${run} RUBRIC\`, then \`majlis resume ${run}\`.`,
    };
  };
}
