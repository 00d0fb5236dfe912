import { z } from 'zod';
import type { CheckpointManifest } from '../domain/checkpoint.js';
import { canonicalJson } from '../runtime/content-hash.js';
import type { EventLog } from './event-log.js';
import type { IterationRecord } from './ledger.js';
import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import type { LedgerOperations } from './ledger-operations.js';
import { alreadyRecorded } from './ledger-refusals.js';
import { recordPolicy } from './policy-operations.js';
import { encodeMetrics, iterationText } from './record-text.js';
import { requireRun } from './run-operations.js';
import { storedJson } from '../database/stored-json.js';
import { checkpointManifest, storedMetrics } from './stored-records.js';
import { consumeTasks } from './task-operations.js';

type JournalOperations = Pick<
  LedgerOperations,
  'completeIteration' | 'iterations' | 'checkpoints' | 'forgetCheckpoints'
>;

const iterationRow: z.ZodType<IterationRecord> = z.object({
  iteration: z.number(),
  policyVersion: z.number(),
  rubricHash: z.string(),
  rewardModelHash: z.string(),
  inputsHash: z.string(),
  controlSequence: z.number(),
  metrics: storedJson(storedMetrics),
});

const checkpointRow = z.object({ manifest: storedJson(checkpointManifest) });

const ITERATIONS = `SELECT iteration, policy_version AS policyVersion, rubric_hash AS rubricHash,
  reward_model_hash AS rewardModelHash, inputs_hash AS inputsHash, control_sequence AS controlSequence, metrics
  FROM iterations WHERE run = ?`;

/** What each iteration consumed and produced, and the states to go on from. Every record is written once. */
export function journalOperations(database: ExclusiveDatabase, log: EventLog): JournalOperations {
  return {
    completeIteration(run, { record, consumed, policy, checkpoint, shadow }) {
      requireRun(database, run);
      const isNew = recordIteration(database, run, record);
      const { iteration, rubricHash, metrics } = record;
      consumeTasks(database, run, { iteration, tasks: consumed });
      recordPolicy(database, run, policy);
      if (checkpoint !== undefined) recordCheckpoint(database, run, checkpoint);
      if (!isNew) return;
      const { version, hash } = policy;
      log.append(run, {
        kind: 'iteration_finished',
        ...{ iteration, policyVersion: version, policyHash: hash, rubricHash, metrics },
      });
      if (shadow !== undefined) log.append(run, { kind: 'shadow_scored', iteration, ...shadow });
    },

    iterations(run) {
      requireRun(database, run);
      return database.select(iterationRow, `${ITERATIONS} ORDER BY iteration`, run);
    },

    checkpoints(run) {
      requireRun(database, run);
      const query = 'SELECT manifest FROM checkpoints WHERE run = ? AND forgotten = 0 ORDER BY iteration';
      return database.select(checkpointRow, query, run).map(({ manifest }) => manifest);
    },

    forgetCheckpoints(run, iterations) {
      requireRun(database, run);
      const update = 'UPDATE checkpoints SET forgotten = 1 WHERE run = ? AND iteration = ?';
      for (const iteration of iterations) database.change(update, run, iteration);
    },
  };
}

/** True where the entry is new, false where the same one was there. */
function recordIteration(database: ExclusiveDatabase, run: string, record: IterationRecord): boolean {
  const { iteration, policyVersion, rubricHash, rewardModelHash, inputsHash, controlSequence } = record;
  const inserted = database.change(
    `INSERT INTO iterations
       (run, iteration, policy_version, rubric_hash, reward_model_hash, inputs_hash, control_sequence, metrics)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
    ...[run, iteration, policyVersion, rubricHash, rewardModelHash, inputsHash, controlSequence],
    canonicalJson(encodeMetrics(record.metrics)),
  );
  if (inserted === 1) return true;
  const [stored] = database.select(iterationRow, `${ITERATIONS} AND iteration = ?`, run, iteration);
  if (stored !== undefined && iterationText(stored) === iterationText(record)) return false;
  throw alreadyRecorded(`iteration ${iteration}`);
}

function recordCheckpoint(database: ExclusiveDatabase, run: string, checkpoint: CheckpointManifest): void {
  const { iteration } = checkpoint;
  const manifest = canonicalJson(checkpoint);
  const insert = 'INSERT INTO checkpoints (run, iteration, manifest) VALUES (?, ?, ?) ON CONFLICT DO NOTHING';
  if (database.change(insert, run, iteration, manifest) === 1) return;
  const query = 'SELECT manifest FROM checkpoints WHERE run = ? AND iteration = ?';
  const [stored] = database.select(z.object({ manifest: z.string() }), query, run, iteration);
  if (stored?.manifest !== manifest) throw alreadyRecorded(`a checkpoint before iteration ${iteration}`);
}
