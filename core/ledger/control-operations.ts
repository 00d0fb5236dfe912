import { z } from 'zod';
import type { ControlEvent, RecordedControlEvent, Run } from '../domain/run.js';
import { mayControl } from '../domain/run-state.js';
import type { RunState } from '../domain/run-state.js';
import { canonicalJson } from '../runtime/content-hash.js';
import type { EventLog } from './event-log.js';
import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import type { LedgerOperations } from './ledger-operations.js';
import { alreadyRecorded, refusedControl, unknownControl } from './ledger-refusals.js';
import { changeState, requireRun } from './run-operations.js';
import { storedJson } from '../database/stored-json.js';
import { controlEvent } from './stored-records.js';

type ControlOperations = Pick<LedgerOperations, 'requestControl' | 'stampControl' | 'controlEvents'>;

const controlRow = z
  .object({
    sequence: z.number(),
    event: storedJson(controlEvent),
    effectiveAt: z.number().nullable(),
  })
  .transform(({ effectiveAt, ...row }): RecordedControlEvent =>
    effectiveAt === null ? row : { ...row, effectiveAt },
  );

const CONTROLS = 'SELECT sequence, event, effective_at AS effectiveAt FROM control_events WHERE run = ?';

/** What people asked of runs, and since when it is in force. */
export function controlOperations(database: ExclusiveDatabase, log: EventLog): ControlOperations {
  function stamp(run: string, sequence: number, iteration: number): void {
    const [stored] = database.select(controlRow, `${CONTROLS} AND sequence = ?`, run, sequence);
    if (stored === undefined) throw unknownControl(run, sequence);
    if (stored.effectiveAt === iteration) return;
    if (stored.effectiveAt !== undefined) {
      throw alreadyRecorded(`control event ${sequence} in force from iteration ${stored.effectiveAt}`);
    }
    const update = 'UPDATE control_events SET effective_at = ? WHERE run = ? AND sequence = ?';
    database.change(update, iteration, run, sequence);
    log.append(run, { kind: 'control_took_effect', control: { ...stored, effectiveAt: iteration } });
  }

  return {
    requestControl(runId, event) {
      const run = requireRun(database, runId);
      if (!mayControl(run.state, event.kind)) throw refusedControl(run, event.kind);
      const last = 'SELECT coalesce(max(sequence), 0) AS last FROM control_events WHERE run = ?';
      const [found] = database.select(z.object({ last: z.number() }), last, runId);
      const control = { sequence: 1 + (found?.last ?? 0), event };
      const insert = 'INSERT INTO control_events (run, sequence, event) VALUES (?, ?, ?)';
      database.change(insert, runId, control.sequence, canonicalJson(event));
      log.append(runId, { kind: 'control_requested', control });
      const next = stateAfter(run, event);
      if (next !== undefined) {
        changeState({ database, log }, run, next, 'reason' in event ? event.reason : undefined);
      }
      return control;
    },

    stampControl(run, sequences, iteration) {
      requireRun(database, run);
      for (const sequence of sequences) stamp(run, sequence, iteration);
    },

    controlEvents(run) {
      requireRun(database, run);
      return database.select(controlRow, `${CONTROLS} ORDER BY sequence`, run);
    },
  };
}

/** What follows from a request at once. A run that no coordinator works on has no boundary to wait for. */
function stateAfter({ state }: Run, { kind, iteration }: ControlEvent): RunState | undefined {
  if (kind === 'pause') return 'pausing';
  if (kind === 'resume' && state === 'pausing') return 'running';
  if (kind === 'cancel' && iteration === undefined && (state === 'queued' || state === 'failed')) {
    return 'cancelled';
  }
  return undefined;
}
