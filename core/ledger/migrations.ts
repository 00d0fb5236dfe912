import type { Migration } from '../database/migration.js';
import { SCHEMA_2 } from './schema-2.js';
import { SCHEMA_3 } from './schema-3.js';

/** Every step so far, in order. Forward only: there is no way back but the backup that each step makes first. */
export const MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: 'runs, tasks, results, preferences, policies, journal',
    sql: `
      CREATE TABLE runs (
        id TEXT PRIMARY KEY,
        name TEXT NOT NULL,
        state TEXT NOT NULL,
        seed INTEGER NOT NULL,
        config_hash TEXT NOT NULL,
        config TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        created_at_ms INTEGER NOT NULL,
        failure TEXT
      ) STRICT;

      CREATE TABLE control_events (
        run TEXT NOT NULL REFERENCES runs (id),
        sequence INTEGER NOT NULL,
        event TEXT NOT NULL,
        PRIMARY KEY (run, sequence)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE tasks (
        run TEXT NOT NULL REFERENCES runs (id),
        id TEXT NOT NULL,
        iteration INTEGER NOT NULL,
        issue INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('outstanding', 'accepted')),
        PRIMARY KEY (run, id)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX outstanding_tasks ON tasks (run, iteration, id) WHERE state = 'outstanding';

      CREATE TABLE results (
        run TEXT NOT NULL,
        iteration INTEGER NOT NULL,
        task_id TEXT NOT NULL,
        payload_hash TEXT NOT NULL,
        PRIMARY KEY (run, iteration, task_id),
        FOREIGN KEY (run, task_id) REFERENCES tasks (run, id)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE preferences (
        sequence INTEGER PRIMARY KEY,
        run TEXT NOT NULL REFERENCES runs (id),
        rubric_hash TEXT NOT NULL,
        pair_id TEXT NOT NULL,
        pair TEXT NOT NULL,
        probability_first REAL NOT NULL,
        weight REAL NOT NULL,
        excluded_verdicts INTEGER NOT NULL,
        UNIQUE (run, rubric_hash, pair_id)
      ) STRICT;

      CREATE TABLE policy_versions (
        run TEXT NOT NULL REFERENCES runs (id),
        version INTEGER NOT NULL,
        hash TEXT NOT NULL,
        location TEXT NOT NULL,
        rubric_hash TEXT NOT NULL,
        PRIMARY KEY (run, version)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE iterations (
        run TEXT NOT NULL REFERENCES runs (id),
        iteration INTEGER NOT NULL,
        policy_version INTEGER NOT NULL,
        rubric_hash TEXT NOT NULL,
        reward_model_hash TEXT NOT NULL,
        inputs_hash TEXT NOT NULL,
        metrics TEXT NOT NULL,
        PRIMARY KEY (run, iteration)
      ) STRICT, WITHOUT ROWID;
    `,
  },
  SCHEMA_2,
  SCHEMA_3,
];
