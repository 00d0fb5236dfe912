import { z } from 'zod';
import { MajlisError } from '../errors.js';
import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import type { TaskResult } from './ledger.js';
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
      const rows = tasks.map(({ id, iteration, issue, deadlineMs }) => [id, iteration, issue, deadlineMs]);
      const given = JSON.stringify(rows);
      const changed = database.change(
        `INSERT INTO tasks (run, id, iteration, issue, deadline_ms, state)
           SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, 'outstanding' FROM json_each(?2) WHERE true
         ON CONFLICT (run, id) DO UPDATE SET issue = max(issue, excluded.issue),
           deadline_ms = iif(excluded.issue >= issue, excluded.deadline_ms, deadline_ms)
           WHERE iteration = excluded.iteration`,
        ...[run, given],
      );
      if (changed < tasks.length)
        throw alreadyRecorded(`task ${taskOfAnotherIteration(database, run, given)}`);
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

export const NOT_ALL_NEWS = new MajlisError('some of these results are no news', {
  code: 'failed_precondition',
});

/**
 * Accepts results that are all news: each the first of an outstanding task. Throws `NOT_ALL_NEWS` where one is not, and the
 * transaction is to be undone; each has to be looked at by itself then.
 */
export function acceptNews(database: ExclusiveDatabase, run: string, results: readonly TaskResult[]): void {
  const given = JSON.stringify(
    results.map(({ taskId, iteration, payloadHash }) => [taskId, iteration, payloadHash]),
  );
  const stored = database.change(
    `INSERT OR IGNORE INTO results (run, iteration, task_id, payload_hash)
       SELECT ?1, iteration, tasks.id, value ->> 2 FROM json_each(?2) CROSS JOIN tasks
       ON run = ?1 AND tasks.id = value ->> 0 AND iteration = value ->> 1 AND state = 'outstanding'`,
    ...[run, given],
  );
  const accepted = database.change(
    `UPDATE tasks SET state = 'accepted' WHERE run = ?1 AND state = 'outstanding'
       AND id IN (SELECT value ->> 0 FROM json_each(?2))`,
    ...[run, given],
  );
  if (stored === results.length && accepted === results.length) return;
  throw NOT_ALL_NEWS;
}

/** Ends accepted tasks as consumed by that iteration. Those that it consumed before stay so. */
export function consumeTasks(
  database: ExclusiveDatabase,
  run: string,
  { iteration, taskIds }: { readonly iteration: number; readonly taskIds: readonly string[] },
): void {
  const consumed = database.change(
    `UPDATE tasks SET state = 'consumed', consumed_in = ?1 WHERE run = ?2 AND state = 'accepted'
       AND id IN (SELECT value FROM json_each(?3))`,
    ...[iteration, run, JSON.stringify(taskIds)],
  );
  if (consumed === taskIds.length) return;
  for (const id of taskIds) {
    const { state, consumedIn } = requireTask(database, run, id);
    if (state !== 'consumed') throw notConsumable(id, state, iteration);
    if (consumedIn !== iteration) throw alreadyRecorded(`task ${id} consumed by iteration ${consumedIn}`);
  }
}

/** The first of the rows [id, iteration, …] that is known as a task of another iteration. */
function taskOfAnotherIteration(database: ExclusiveDatabase, run: string, rows: string): string {
  const query = `SELECT tasks.id FROM json_each(?2) CROSS JOIN tasks
    ON run = ?1 AND tasks.id = value ->> 0 AND iteration <> value ->> 1 LIMIT 1`;
  const [task] = database.select(z.object({ id: z.string() }), query, run, rows);
  if (task !== undefined) return task.id;
  throw new MajlisError(`some tasks of run ${run} were not recorded`, { code: 'internal' });
}

function requireTask(database: ExclusiveDatabase, run: string, id: string): z.infer<typeof endedTask> {
  const query = 'SELECT state, consumed_in AS consumedIn FROM tasks WHERE run = ? AND id = ?';
  const [task] = database.select(endedTask, query, run, id);
  if (task === undefined) throw unknownTask(run, id);
  return task;
}
