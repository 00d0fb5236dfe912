import { z } from 'zod';
import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import type { LedgerOperations } from './ledger-operations.js';
import { alreadyRecorded, notConsumable, unknownTask } from './ledger-refusals.js';
import { requireRun } from './run-operations.js';

type TaskOperations = Pick<LedgerOperations, 'issueTasks' | 'acceptResult' | 'endTasks' | 'dropOpenTasks'>;

const knownTask = z.object({ payloadHash: z.string().nullable() });
const endedTask = z.object({ state: z.string(), consumedIn: z.number().nullable() });

/**
 * Tasks and the first result of each. Invariants: a task that is outstanding has no row in `results`, one that is
 * accepted or consumed has one; a task that has ended stays as it ended, and a result that comes after that is unknown.
 */
export function taskOperations(database: ExclusiveDatabase): TaskOperations {
  return {
    issueTasks(run, tasks) {
      requireRun(database, run);
      for (const { id, iteration, issue, deadlineMs } of tasks) {
        const changed = database.change(
          `INSERT INTO tasks (run, id, iteration, issue, deadline_ms, state) VALUES (?, ?, ?, ?, ?, 'outstanding')
           ON CONFLICT (run, id) DO UPDATE SET issue = max(issue, excluded.issue),
             deadline_ms = iif(excluded.issue >= issue, excluded.deadline_ms, deadline_ms)
             WHERE iteration = excluded.iteration`,
          ...[run, id, iteration, issue, deadlineMs],
        );
        if (changed === 0) throw alreadyRecorded(`task ${id}`);
      }
    },

    acceptResult(run, { taskId, iteration, payloadHash }) {
      const accepted = database.change(
        `UPDATE tasks SET state = 'accepted' WHERE run = ? AND id = ? AND iteration = ? AND state = 'outstanding'`,
        ...[run, taskId, iteration],
      );
      if (accepted === 1) {
        database.change(
          'INSERT INTO results (run, iteration, task_id, payload_hash) VALUES (?, ?, ?, ?)',
          ...[run, iteration, taskId, payloadHash],
        );
        return 'accepted';
      }
      const [task] = database.select(
        knownTask,
        `SELECT results.payload_hash AS payloadHash
         FROM tasks LEFT JOIN results
           ON results.run = tasks.run AND results.iteration = tasks.iteration AND results.task_id = tasks.id
         WHERE tasks.run = ? AND tasks.id = ? AND tasks.iteration = ?`,
        ...[run, taskId, iteration],
      );
      if (task === undefined || task.payloadHash === null) return 'unknown_task';
      return task.payloadHash === payloadHash ? 'duplicate' : 'conflict';
    },

    endTasks(run, taskIds, end) {
      requireRun(database, run);
      for (const id of taskIds) {
        const ended = database.change(
          `UPDATE tasks SET state = ? WHERE run = ? AND id = ? AND state IN ('outstanding', 'accepted')`,
          ...[end, run, id],
        );
        if (ended === 0) requireTask(database, run, id);
      }
    },

    dropOpenTasks(run) {
      requireRun(database, run);
      return database.change(
        "UPDATE tasks SET state = 'dropped' WHERE run = ? AND state IN ('outstanding', 'accepted')",
        run,
      );
    },
  };
}

/** Ends accepted tasks as consumed by that iteration. Those that it consumed before stay so. */
export function consumeTasks(
  database: ExclusiveDatabase,
  run: string,
  { iteration, taskIds }: { readonly iteration: number; readonly taskIds: readonly string[] },
): void {
  for (const id of taskIds) {
    const consumed = database.change(
      `UPDATE tasks SET state = 'consumed', consumed_in = ? WHERE run = ? AND id = ? AND state = 'accepted'`,
      ...[iteration, run, id],
    );
    if (consumed === 1) continue;
    const { state, consumedIn } = requireTask(database, run, id);
    if (state !== 'consumed') throw notConsumable(id, state, iteration);
    if (consumedIn !== iteration) throw alreadyRecorded(`task ${id} consumed by iteration ${consumedIn}`);
  }
}

function requireTask(database: ExclusiveDatabase, run: string, id: string): z.infer<typeof endedTask> {
  const query = 'SELECT state, consumed_in AS consumedIn FROM tasks WHERE run = ? AND id = ?';
  const [task] = database.select(endedTask, query, run, id);
  if (task === undefined) throw unknownTask(run, id);
  return task;
}
