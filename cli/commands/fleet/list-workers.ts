import type { FleetStatus } from '../../../core/domain/worker.js';
import { withControl, type ControlPlace } from '../../control/with-control.js';
import { formatDuration } from '../../terminal/format-duration.js';
import { formatTable } from '../../terminal/format-table.js';
import { shortened } from '../../terminal/shortened.js';
import type { CommandResult } from '../session.js';

const HASH_DIGITS = 12;

/** The rollout workers of the process that owns the workspace, in the order in which they would be removed. */
export async function listWorkers(place: ControlPlace): Promise<CommandResult> {
  const fleet = await withControl(place, (control) => control.listWorkers());
  return { json: fleet, text: fleetText(fleet, place.clock.now()) };
}

/** The fleet for people, at that time. */
export function fleetText({ workers, refused }: FleetStatus, nowMs: number): string {
  const refusals = Object.entries(refused).map(([kind, count]) => `${count} for their ${kind}`);
  const said = refusals.length === 0 ? [] : [`refused sessions: ${refusals.join(', ')}`];
  if (workers.length === 0) {
    const next = 'No worker is attached; "majlis worker rollout --bus URL" starts one.';
    return [next, ...said].join('\n');
  }
  const headings = [
    'worker',
    'state',
    'slots',
    'held',
    'policy',
    'ready',
    'attached',
    'removal',
    'held back',
  ];
  const rows = workers.map((worker) => [
    worker.worker,
    worker.state,
    String(worker.slots),
    String(worker.held.length),
    worker.policyHash?.slice(0, HASH_DIGITS) ?? '-',
    worker.isReady ? 'yes' : 'no',
    formatDuration(Math.max(0, nowMs - worker.attachedAtMs)),
    `${worker.removalRank} (cost ${worker.removalCost})`,
    worker.heldBack === undefined ? '' : shortened(worker.heldBack),
  ]);
  return [formatTable(headings, rows), ...said].join('\n');
}
