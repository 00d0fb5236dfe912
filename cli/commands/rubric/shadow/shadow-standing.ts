import type { RunDescription } from '../../../../coordinator/control/run-control.js';
import { rubricsInForce } from '../../../../coordinator/control/rubrics-in-force.js';
import { shadowInForce } from '../../../../coordinator/control/shadow-in-force.js';

/** How it stands with a candidate of a run. */
export interface ShadowStanding {
  readonly rubricHash: string;
  readonly standing: 'pending' | 'scored' | 'ended';
  /** The iteration that it begins, or began, before; absent: the next boundary. */
  readonly from?: number;
  /** Why it has ended. */
  readonly reason?: string;
}

/** The candidate that a run was last asked to score, and how it stands; undefined where there never was one. */
export function shadowStanding(description: RunDescription): ShadowStanding | undefined {
  const { controls } = description;
  const current = shadowInForce(description);
  if (current !== undefined) {
    const { rubricHash, iteration, effectiveAt } = current;
    const from = effectiveAt ?? iteration;
    const standing = effectiveAt === undefined ? 'pending' : 'scored';
    return { rubricHash, standing, ...(from === undefined ? {} : { from }) };
  }
  const asked = controls.findLast(({ event }) => event.kind === 'shadow_rubric');
  if (asked?.event.kind !== 'shadow_rubric') return undefined;
  const { rubricHash } = asked.event;
  return { rubricHash, standing: 'ended', reason: reasonOf(rubricHash, asked.sequence, description) };
}

function reasonOf(rubricHash: string, since: number, description: RunDescription): string {
  const stop = description.controls.findLast(
    ({ event, sequence }) =>
      sequence > since && event.kind === 'stop_shadow' && event.rubricHash === rubricHash,
  );
  if (stop?.event.kind === 'stop_shadow') return stop.event.reason ?? 'it was stopped';
  return rubricsInForce(description).includes(rubricHash) ? 'it came into force' : 'another took its place';
}
