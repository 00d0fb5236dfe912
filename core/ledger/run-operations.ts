import { z } from 'zod';
import type { ControlEvent, Run } from '../domain/run.js';
import type { LedgerDatabase } from './ledger-database.js';
import type { LedgerOperations } from './ledger-operations.js';
import { alreadyRecorded, unknownRun } from './ledger-refusals.js';
import { storedJson } from './stored-json.js';

type RunOperations = Pick<
  LedgerOperations,
  'createRun' | 'beginEpoch' | 'setRunState' | 'getRun' | 'listRuns' | 'appendControlEvent' | 'controlEvents'
>;

const runRow = z
  .object({
    id: z.string(),
    name: z.string(),
    state: z.enum(['running', 'completed', 'failed', 'cancelled']),
    seed: z.number(),
    configHash: z.string(),
    config: z.string(),
    epoch: z.number(),
    createdAtMs: z.number(),
    failure: z.string().nullable(),
  })
  .transform(({ failure, ...run }): Run => (failure === null ? run : { ...run, failure }));

const controlEvent: z.ZodType<ControlEvent> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('swap_rubric'), rubricHash: z.string(), iteration: z.number() }),
  z.object({ kind: z.literal('cancel'), iteration: z.number() }),
]);

const RUN_COLUMNS =
  'id, name, state, seed, config_hash AS configHash, config, epoch, created_at_ms AS createdAtMs, failure';

/** Runs and what people asked of them. */
export function runOperations(database: LedgerDatabase): RunOperations {
  return {
    getRun: (run) => findRun(database, run),

    createRun({ id, name, seed, config, configHash }, createdAtMs) {
      if (findRun(database, id) !== undefined) throw alreadyRecorded(`run ${id}`);
      database.change(
        `INSERT INTO runs (id, name, state, seed, config_hash, config, epoch, created_at_ms)
         VALUES (?, ?, 'running', ?, ?, ?, 0, ?)`,
        ...[id, name, seed, configHash, config, createdAtMs],
      );
      return requireRun(database, id);
    },

    beginEpoch(run) {
      database.change('UPDATE runs SET epoch = epoch + 1 WHERE id = ?', run);
      return requireRun(database, run).epoch;
    },

    setRunState(run, state, failure) {
      const changed = database.change(
        'UPDATE runs SET state = ?, failure = ? WHERE id = ?',
        ...[state, failure ?? null, run],
      );
      if (changed === 0) throw unknownRun(run);
    },

    listRuns: () => database.select(runRow, `SELECT ${RUN_COLUMNS} FROM runs ORDER BY created_at_ms, id`),

    appendControlEvent(run, event) {
      requireRun(database, run);
      const last = 'SELECT count(*) AS count FROM control_events WHERE run = ?';
      const sequence = 1 + (database.select(z.object({ count: z.number() }), last, run)[0]?.count ?? 0);
      const insert = 'INSERT INTO control_events (run, sequence, event) VALUES (?, ?, ?)';
      database.change(insert, run, sequence, JSON.stringify(event));
      return sequence;
    },

    controlEvents(run) {
      requireRun(database, run);
      const row = z.object({ event: storedJson(controlEvent) });
      const query = 'SELECT event FROM control_events WHERE run = ? ORDER BY sequence';
      return database.select(row, query, run).map(({ event }) => event);
    },
  };
}

/** The run, or `not_found`. */
export function requireRun(database: LedgerDatabase, run: string): Run {
  const found = findRun(database, run);
  if (found === undefined) throw unknownRun(run);
  return found;
}

function findRun(database: LedgerDatabase, run: string): Run | undefined {
  return database.select(runRow, `SELECT ${RUN_COLUMNS} FROM runs WHERE id = ?`, run)[0];
}
