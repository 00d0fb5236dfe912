import { z } from 'zod';
import type { RunEvent } from '../domain/run.js';
import type { EventLog } from './event-log.js';
import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import type { LedgerOperations } from './ledger-operations.js';
import { requireRun } from './run-operations.js';
import { storedJson } from '../database/stored-json.js';
import { runEventPayload } from './stored-records.js';

type EventOperations = Pick<LedgerOperations, 'recordAlarm' | 'events'>;

const eventRow: z.ZodType<RunEvent> = z.object({
  run: z.string(),
  sequence: z.number(),
  atMs: z.number(),
  payload: storedJson(runEventPayload),
});

/** What happened to runs, for whoever watches them. */
export function eventOperations(database: ExclusiveDatabase, log: EventLog): EventOperations {
  return {
    recordAlarm(run, alarm, message) {
      requireRun(database, run);
      log.append(run, { kind: 'alarm', alarm, message });
    },

    events(run, after, limit) {
      requireRun(database, run);
      const query = `SELECT run, sequence, at_ms AS atMs, payload FROM run_events
        WHERE run = ? AND sequence > ? ORDER BY sequence LIMIT ?`;
      return database.select(eventRow, query, run, after, limit);
    },
  };
}
