import { z } from 'zod';
import type { IssuedTask, TaskResult } from './ledger.js';
import type { LedgerDatabase } from './ledger-database.js';
import type { LedgerOperations } from './ledger-operations.js';
import { alreadyRecorded } from './ledger-refusals.js';
import { requireRun } from './run-operations.js';

type TaskOperations = Pick<LedgerOperations, 'issueTasks' | 'acceptResult' | 'outstandingTasks' | 'results'>;

const taskRow: z.ZodType<IssuedTask> = z.object({ id: z.string(), iteration: z.number(), issue: z.number() });

const resultRow: z.ZodType<TaskResult> = z.object({
  taskId: z.string(),
  iteration: z.number(),
  payloadHash: z.string(),
});

const knownTask = z.object({ payloadHash: z.string().nullable() });

/** Tasks and the first result of each. Invariant: a task is `accepted` exactly when it has a row in `results`. */
export function taskOperations(database: LedgerDatabase): TaskOperations {
  return {
    issueTasks(run, tasks) {
      requireRun(database, run);
      for (const { id, iteration, issue } of tasks) {
        const changed = database.change(
          `INSERT INTO tasks (run, id, iteration, issue, state) VALUES (?, ?, ?, ?, 'outstanding')
           ON CONFLICT (run, id) DO UPDATE SET issue = max(issue, excluded.issue)
             WHERE iteration = excluded.iteration`,
          ...[run, id, iteration, issue],
        );
        if (changed === 0) throw alreadyRecorded(`task ${id}`);
      }
    },

    acceptResult(run, { taskId, iteration, payloadHash }) {
      const [task] = database.select(
        knownTask,
        `SELECT results.payload_hash AS payloadHash
         FROM tasks LEFT JOIN results
           ON results.run = tasks.run AND results.iteration = tasks.iteration AND results.task_id = tasks.id
         WHERE tasks.run = ? AND tasks.id = ? AND tasks.iteration = ?`,
        ...[run, taskId, iteration],
      );
      if (task === undefined) return 'unknown_task';
      if (task.payloadHash !== null) return task.payloadHash === payloadHash ? 'duplicate' : 'conflict';
      database.change(
        'INSERT INTO results (run, iteration, task_id, payload_hash) VALUES (?, ?, ?, ?)',
        ...[run, iteration, taskId, payloadHash],
      );
      database.change("UPDATE tasks SET state = 'accepted' WHERE run = ? AND id = ?", run, taskId);
      return 'accepted';
    },

    outstandingTasks(run) {
      requireRun(database, run);
      return database.select(
        taskRow,
        `SELECT id, iteration, issue FROM tasks WHERE run = ? AND state = 'outstanding' ORDER BY iteration, id`,
        run,
      );
    },

    results(run, iteration) {
      requireRun(database, run);
      return database.select(
        resultRow,
        `SELECT task_id AS taskId, iteration, payload_hash AS payloadHash
         FROM results WHERE run = ? AND iteration = ? ORDER BY task_id`,
        ...[run, iteration],
      );
    },
  };
}
