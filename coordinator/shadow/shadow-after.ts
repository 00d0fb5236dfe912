import type { ControlEvent } from '../../core/domain/run.js';

/** The candidate that is scored beside the rubric in force after this event, given the one before it; undefined for none. */
export function shadowAfter(event: ControlEvent, before: string | undefined): string | undefined {
  if (event.kind === 'shadow_rubric') return event.rubricHash;
  if (event.kind === 'stop_shadow' && event.rubricHash === before) return undefined;
  return before;
}
