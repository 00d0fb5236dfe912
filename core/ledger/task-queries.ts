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

/** Steps through the iterations that have tasks, the last one first, so that few rows are touched however many there are. */
const NEWEST_OF_ID = `
  WITH RECURSIVE known (iteration) AS (
    SELECT max(iteration) FROM tasks WHERE run = ?1
    UNION ALL
    SELECT (SELECT max(iteration) FROM tasks WHERE run = ?1 AND iteration < known.iteration)
      FROM known WHERE iteration IS NOT NULL)
  SELECT id, tasks.iteration, issue, deadline_ms AS deadlineMs, state
    FROM known CROSS JOIN tasks ON run = ?1 AND tasks.iteration = known.iteration AND id = ?2 LIMIT 1`;

/** What is known of tasks and their results. */
export function taskQueries(database: ExclusiveDatabase): TaskQueries {
  return {
    tasks(run) {
      requireRun(database, run);
      const query = `SELECT ${ISSUED_COLUMNS}, state FROM tasks WHERE run = ? ORDER BY iteration, id`;
      return database.select(taskRow, query, run);
    },

    task(run, id) {
      requireRun(database, run);
      return database.select(taskRow, NEWEST_OF_ID, run, id)[0];
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
        `SELECT id AS taskId, iteration, payload_hash AS payloadHash FROM tasks
         WHERE run = ? AND iteration = ? AND state IN ('accepted', 'consumed') ORDER BY id`,
        ...[run, iteration],
      );
    },
  };
}
