import type { Migration } from '../database/migration.js';

/**
 * Tasks of an iteration lie together, each with its result. Ids are hashes: with the id first in the key, every task had a
 * page of its own in a table as long as the run's history, and changed it three times.
 */
export const SCHEMA_3: Migration = {
  version: 3,
  name: 'tasks by iteration, each with its result',
  sql: `
    DROP VIEW v_tasks;
    CREATE TABLE new_tasks (
      run TEXT NOT NULL REFERENCES runs (id),
      iteration INTEGER NOT NULL,
      id TEXT NOT NULL,
      issue INTEGER NOT NULL,
      deadline_ms INTEGER NOT NULL,
      state TEXT NOT NULL CHECK (state IN ('outstanding', 'accepted', 'consumed', 'dropped', 'dead_lettered')),
      payload_hash TEXT,
      consumed_in INTEGER,
      PRIMARY KEY (run, iteration, id),
      CHECK (state <> 'outstanding' OR payload_hash IS NULL),
      CHECK (state NOT IN ('accepted', 'consumed') OR payload_hash IS NOT NULL),
      CHECK ((state = 'consumed') = (consumed_in IS NOT NULL))
    ) STRICT, WITHOUT ROWID;
    INSERT INTO new_tasks
      SELECT tasks.run, tasks.iteration, id, issue, deadline_ms, state, payload_hash, consumed_in
      FROM tasks LEFT JOIN results
        ON results.run = tasks.run AND results.iteration = tasks.iteration AND results.task_id = tasks.id
      ORDER BY tasks.run, tasks.iteration, id;
    DROP TABLE results;
    DROP TABLE tasks;
    ALTER TABLE new_tasks RENAME TO tasks;
    CREATE INDEX outstanding_tasks ON tasks (run, iteration, id) WHERE state = 'outstanding';

    CREATE VIEW v_tasks AS SELECT
      run, id AS task, iteration, issue,
      strftime('%Y-%m-%dT%H:%M:%fZ', deadline_ms / 1000.0, 'unixepoch') AS deadline,
      state, consumed_in, payload_hash
      FROM tasks;
  `,
};
