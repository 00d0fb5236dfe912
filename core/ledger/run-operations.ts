import { z } from 'zod';
import type { Run } from '../domain/run.js';
import { mayFollow } from '../domain/run-state.js';
import type { RunState } from '../domain/run-state.js';
import { canonicalJson } from '../runtime/content-hash.js';
import type { EventLog } from './event-log.js';
import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import type { LedgerOperations } from './ledger-operations.js';
import { alreadyRecorded, forbiddenTransition, unknownRun } from './ledger-refusals.js';
import { newRunText } from './record-text.js';
import { storedJson } from '../database/stored-json.js';
import { runState } from './stored-records.js';

type RunOperations = Pick<
  LedgerOperations,
  'createRun' | 'beginEpoch' | 'setRunState' | 'getRun' | 'listRuns'
>;

const runRow = z
  .object({
    id: z.string(),
    name: z.string(),
    state: runState,
    seed: z.number(),
    configHash: z.string(),
    config: z.string(),
    fingerprints: storedJson(z.record(z.string(), z.string())),
    epoch: z.number(),
    createdAtMs: z.number(),
    reason: z.string().nullable(),
  })
  .transform(({ reason, ...run }): Run => (reason === null ? run : { ...run, reason }));

const RUN_COLUMNS = `id, name, state, seed, config_hash AS configHash, config, fingerprints, epoch,
  created_at_ms AS createdAtMs, reason`;

/** Runs, their states and their epochs. */
export function runOperations(database: ExclusiveDatabase, log: EventLog): RunOperations {
  return {
    getRun: (run) => findRun(database, run),

    createRun(newRun) {
      const { id, name, seed, config, configHash, fingerprints } = newRun;
      const stored = findRun(database, id);
      if (stored !== undefined) {
        if (newRunText(stored) === newRunText(newRun)) return stored;
        throw alreadyRecorded(`run ${id}`);
      }
      database.change(
        `INSERT INTO runs (id, name, state, seed, config_hash, config, fingerprints, epoch, created_at_ms)
         VALUES (?, ?, 'queued', ?, ?, ?, ?, 0, ?)`,
        ...[id, name, seed, configHash, config, canonicalJson(fingerprints), log.atMs],
      );
      log.append(id, { kind: 'state_changed', state: 'queued' });
      return requireRun(database, id);
    },

    beginEpoch(run) {
      database.change('UPDATE runs SET epoch = epoch + 1 WHERE id = ?', run);
      const { epoch } = requireRun(database, run);
      log.append(run, { kind: 'epoch_began', epoch });
      return epoch;
    },

    setRunState(run, state, reason) {
      changeState({ database, log }, requireRun(database, run), state, reason);
    },

    listRuns: () => database.select(runRow, `SELECT ${RUN_COLUMNS} FROM runs ORDER BY created_at_ms, id`),
  };
}

/** Follows the table of states. A state set again to itself keeps its reason unless another is given, and is no event. */
export function changeState(
  { database, log }: { readonly database: ExclusiveDatabase; readonly log: EventLog },
  run: Run,
  state: RunState,
  reason?: string,
): void {
  if (!mayFollow(run.state, state)) throw forbiddenTransition(run, state);
  const kept = run.state === state ? run.reason : undefined;
  const update = 'UPDATE runs SET state = ?, reason = ? WHERE id = ?';
  database.change(update, state, reason ?? kept ?? null, run.id);
  if (run.state === state) return;
  log.append(run.id, { kind: 'state_changed', state, ...(reason === undefined ? {} : { reason }) });
}

/** The run, or `not_found`. */
export function requireRun(database: ExclusiveDatabase, run: string): Run {
  const found = findRun(database, run);
  if (found === undefined) throw unknownRun(run);
  return found;
}

function findRun(database: ExclusiveDatabase, run: string): Run | undefined {
  return database.select(runRow, `SELECT ${RUN_COLUMNS} FROM runs WHERE id = ?`, run)[0];
}
