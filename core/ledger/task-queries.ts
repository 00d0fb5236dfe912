import { z } from 'zod';
import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import type { LedgerOperations } from './ledger-operations.js';
import type { TaskRecord, TaskResult } from './ledger.js';
import { requireRun } from './run-operations.js';

type TaskQueries = Pick<LedgerOperations, 'tasks' | 'task' | 'taskCount' | 'outstandingTasks' | 'results'>;

const issuedRow = z.object({
  id: z.string(),
  iteration: z.number(),
  issue: z.number(),
  deadlineMs: z.number(),
});

const taskRow: z.ZodType<TaskRecord> = issuedRow.extend({
  state: z.enum(['outstanding', 'accepted', 'consumed', 'dropped', 'dead_lettered']),
});

const resultRow: z.ZodType<TaskResult> = z.object({
  taskId: z.string(),
  iteration: z.number(),
  payloadHash: z.string(),
});

const countRow = z.object({ count: z.number() });

const ISSUED_COLUMNS = 'id, iteration, issue, deadline_ms AS deadlineMs';

/** What is known of tasks and their results. */
export function taskQueries(database: ExclusiveDatabase): TaskQueries {
  return {
    tasks(run) {
      requireRun(database, run);
      const query = `SELECT ${ISSUED_COLUMNS}, state FROM tasks WHERE run = ? ORDER BY id`;
      return database.select(taskRow, query, run);
    },

    task(run, id) {
      requireRun(database, run);
      const query = `SELECT ${ISSUED_COLUMNS}, state FROM tasks WHERE run = ? AND id = ?`;
      return database.select(taskRow, query, run, id)[0];
    },

    taskCount(run) {
      requireRun(database, run);
      const [{ count }] = database.select(countRow, 'SELECT count(*) AS count FROM tasks WHERE run = ?', run);
      return count;
    },

    outstandingTasks(run) {
      requireRun(database, run);
      return database.select(
        issuedRow,
        `SELECT ${ISSUED_COLUMNS} FROM tasks WHERE run = ? AND state = 'outstanding' ORDER BY iteration, id`,
        run,
      );
    },

    results(run, iteration) {
      requireRun(database, run);
      return database.select(
        resultRow,
        `SELECT task_id AS taskId, results.iteration, payload_hash AS payloadHash
         FROM results JOIN tasks ON tasks.run = results.run AND tasks.id = results.task_id
         WHERE results.run = ? AND results.iteration = ? AND state IN ('accepted', 'consumed') ORDER BY task_id`,
        ...[run, iteration],
      );
    },
  };
}
