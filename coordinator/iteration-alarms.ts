import type { BatchAdvantages } from './advantage/estimate-advantages.js';
import type { RunAlarm } from './run-observer.js';
import type { Update } from './update/take-steps.js';

/** What in an iteration needs a person's eye. `excludedShareAlarm` is the share of answers without a score that is too much. */
export function iterationAlarms(
  iteration: number,
  { excludedShare }: BatchAdvantages,
  update: Update,
  excludedShareAlarm: number,
): RunAlarm[] {
  const alarms: RunAlarm[] = [];
  if (excludedShare > excludedShareAlarm) {
    const message = `iteration ${iteration}: ${(excludedShare * 100).toFixed(0)}% of the answers have no score`;
    alarms.push({ kind: 'many_answers_excluded', message });
  }
  const skipped = [...update.policySteps, ...update.criticSteps].filter((step) => step.skipped).length;
  if (skipped > 0) {
    const message = `iteration ${iteration}: ${skipped} optimizer steps were skipped for a non-finite gradient`;
    alarms.push({ kind: 'update_skipped', message });
  }
  return alarms;
}
