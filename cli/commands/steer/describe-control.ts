import type { ControlEvent } from '../../../core/domain/run.js';

/** What was asked, as a person would say it. */
export function describeControl(event: ControlEvent): string {
  switch (event.kind) {
    case 'pause':
    case 'cancel':
      return event.reason === undefined ? event.kind : `${event.kind} (${event.reason})`;
    case 'resume':
      return 'resume';
    case 'swap_rubric':
      return `swap to rubric ${event.rubricHash}`;
    case 'roll_back':
      return 'policyVersion' in event.to
        ? `roll back to policy version ${event.to.policyVersion}`
        : `roll back to rubric ${event.to.rubricHash}`;
    case 'shadow_rubric':
      return `score rubric ${event.rubricHash} beside the one in force`;
    case 'stop_shadow':
      return event.reason === undefined
        ? `end the shadow of rubric ${event.rubricHash}`
        : `end the shadow of rubric ${event.rubricHash} (${event.reason})`;
  }
}
