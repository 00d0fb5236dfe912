import { z } from 'zod';
import type { ExclusiveDatabase } from '../database/exclusive-database.js';
import type { ResultVerdict, TaskKey, TaskResult } from './ledger.js';
import type { LedgerOperations } from './ledger-operations.js';
import { alreadyRecorded, notConsumable, unknownTask } from './ledger-refusals.js';
import { requireRun } from './run-operations.js';

type TaskOperations = Pick<LedgerOperations, 'issueTasks' | 'acceptResults' | 'endTasks' | 'dropOpenTasks'>;

/** Of fewer results, the statement for all costs as much as one for each. */
const FEWEST = 4;

const knownTask = z.object({ payloadHash: z.string().nullable() });
const endedTask = z.object({ state: z.string(), consumedIn: z.number().nullable() });

/**
 * Tasks and the first result of each. Invariants: a task that is outstanding has no result, one that is accepted or
 * consumed has one; a task that has ended stays as it ended, and a result that comes after that is unknown.
 */
export function taskOperations(database: ExclusiveDatabase): TaskOperations {
  return {
    issueTasks(run, tasks) {
      requireRun(database, run);
      const rows = tasks.map(({ iteration, id, issue, deadlineMs }) => [iteration, id, issue, deadlineMs]);
      database.change(
        `INSERT INTO tasks (run, iteration, id, issue, deadline_ms, state)
           SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, 'outstanding' FROM json_each(?2) WHERE true
         ON CONFLICT (run, iteration, id) DO UPDATE SET issue = max(issue, excluded.issue),
           deadline_ms = iif(excluded.issue >= issue, excluded.deadline_ms, deadline_ms)`,
        ...[run, JSON.stringify(rows)],
      );
    },

    acceptResults(run, results) {
      if (results.length >= FEWEST && acceptNews(database, run, results))
        return results.map(() => 'accepted');
      return results.map((result) => acceptResult(database, run, result));
    },

    endTasks(run, tasks, end) {
      requireRun(database, run);
      for (const task of tasks) {
        const ended = database.change(
          `UPDATE tasks SET state = ? WHERE run = ? AND iteration = ? AND id = ? AND state IN ('outstanding', 'accepted')`,
          ...[end, run, task.iteration, task.id],
        );
        if (ended === 0) requireTask(database, run, task);
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

function acceptResult(
  database: ExclusiveDatabase,
  run: string,
  { taskId, iteration, payloadHash }: TaskResult,
): ResultVerdict {
  const accepted = database.change(
    `UPDATE tasks SET state = 'accepted', payload_hash = ?
       WHERE run = ? AND iteration = ? AND id = ? AND state = 'outstanding'`,
    ...[payloadHash, run, iteration, taskId],
  );
  if (accepted === 1) return 'accepted';
  const [task] = database.select(
    knownTask,
    'SELECT payload_hash AS payloadHash FROM tasks WHERE run = ? AND iteration = ? AND id = ?',
    ...[run, iteration, taskId],
  );
  if (task === undefined || task.payloadHash === null) return 'unknown_task';
  return task.payloadHash === payloadHash ? 'duplicate' : 'conflict';
}

/**
 * Accepts results that are all news, each the first of an outstanding task, as nearly always: one statement costs less
 * than one for each. False, with nothing done, where one of them is not.
 */
function acceptNews(database: ExclusiveDatabase, run: string, results: readonly TaskResult[]): boolean {
  const given = JSON.stringify(
    results.map(({ iteration, taskId, payloadHash }) => [iteration, taskId, payloadHash]),
  );
  database.execute('SAVEPOINT news');
  // No row is ever new: an UPDATE … FROM would look through every task of the run for each result.
  const accepted = database.change(
    `INSERT INTO tasks (run, iteration, id, issue, deadline_ms, state, payload_hash)
       SELECT ?1, iteration, tasks.id, issue, deadline_ms, 'accepted', value ->> 2 FROM json_each(?2) CROSS JOIN tasks
       ON run = ?1 AND iteration = value ->> 0 AND tasks.id = value ->> 1 AND state = 'outstanding' WHERE true
     ON CONFLICT (run, iteration, id) DO UPDATE SET state = excluded.state, payload_hash = excluded.payload_hash
       WHERE state = 'outstanding'`,
    ...[run, given],
  );
  const areAll = accepted === results.length;
  database.execute(areAll ? 'RELEASE news' : 'ROLLBACK TO news; RELEASE news');
  return areAll;
}

/** Ends accepted tasks as consumed by that iteration. Those that it consumed before stay so. */
export function consumeTasks(
  database: ExclusiveDatabase,
  run: string,
  { iteration, tasks }: { readonly iteration: number; readonly tasks: readonly TaskKey[] },
): void {
  let consumed = 0;
  for (const [issuedIn, ids] of idsByIteration(tasks)) {
    consumed += database.change(
      `UPDATE tasks SET state = 'consumed', consumed_in = ?1 WHERE run = ?2 AND iteration = ?3
         AND id IN (SELECT value FROM json_each(?4)) AND state = 'accepted'`,
      ...[iteration, run, issuedIn, JSON.stringify(ids)],
    );
  }
  if (consumed === tasks.length) return;
  for (const task of tasks) {
    const { state, consumedIn } = requireTask(database, run, task);
    if (state !== 'consumed') throw notConsumable(task.id, state, iteration);
    if (consumedIn !== iteration)
      throw alreadyRecorded(`task ${task.id} consumed by iteration ${consumedIn}`);
  }
}

function idsByIteration(tasks: readonly TaskKey[]): ReadonlyMap<number, readonly string[]> {
  const ids = new Map<number, string[]>();
  for (const { iteration, id } of tasks) {
    const known = ids.get(iteration);
    if (known === undefined) ids.set(iteration, [id]);
    else known.push(id);
  }
  return ids;
}

function requireTask(
  database: ExclusiveDatabase,
  run: string,
  { iteration, id }: TaskKey,
): z.infer<typeof endedTask> {
  const query =
    'SELECT state, consumed_in AS consumedIn FROM tasks WHERE run = ? AND iteration = ? AND id = ?';
  const [task] = database.select(endedTask, query, run, iteration, id);
  if (task === undefined) throw unknownTask(run, id);
  return task;
}
