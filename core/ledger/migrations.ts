/** One step of the schema. A released step never changes; a new version of the schema is a new step. */
export interface Migration {
  /** Its number, from 1 and without gaps. */
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

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
  {
    version: 2,
    name: 'run states, checkpoints, events, ends of tasks',
    sql: `
      ALTER TABLE runs ADD COLUMN fingerprints TEXT NOT NULL DEFAULT '{}';
      ALTER TABLE runs RENAME COLUMN failure TO reason;

      ALTER TABLE control_events ADD COLUMN effective_at INTEGER;
      -- Schema 1 did not say which events took effect: a swap did where its rubric judged that iteration.
      UPDATE control_events SET effective_at = event ->> 'iteration'
        WHERE event ->> 'kind' = 'swap_rubric' AND EXISTS (
          SELECT * FROM iterations WHERE iterations.run = control_events.run
            AND iterations.iteration = event ->> 'iteration' AND iterations.rubric_hash = event ->> 'rubricHash');
      UPDATE control_events SET effective_at = (SELECT count(*) FROM iterations WHERE run = control_events.run)
        WHERE event ->> 'kind' = 'cancel' AND run IN (SELECT id FROM runs WHERE state = 'cancelled');

      ALTER TABLE iterations ADD COLUMN control_sequence INTEGER NOT NULL DEFAULT 0;
      UPDATE iterations SET control_sequence = (
        SELECT coalesce(max(sequence), 0) FROM control_events
          WHERE run = iterations.run AND effective_at <= iterations.iteration);

      -- SQLite cannot change a CHECK, so tasks move to a new table, and results, which refer to them, with them.
      CREATE TABLE new_tasks (
        run TEXT NOT NULL REFERENCES runs (id),
        id TEXT NOT NULL,
        iteration INTEGER NOT NULL,
        issue INTEGER NOT NULL,
        deadline_ms INTEGER NOT NULL,
        state TEXT NOT NULL CHECK (state IN ('outstanding', 'accepted', 'consumed', 'dropped', 'dead_lettered')),
        consumed_in INTEGER,
        PRIMARY KEY (run, id),
        CHECK ((state = 'consumed') = (consumed_in IS NOT NULL))
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE new_results (
        run TEXT NOT NULL,
        iteration INTEGER NOT NULL,
        task_id TEXT NOT NULL,
        payload_hash TEXT NOT NULL,
        PRIMARY KEY (run, iteration, task_id),
        FOREIGN KEY (run, task_id) REFERENCES new_tasks (run, id)
      ) STRICT, WITHOUT ROWID;
      -- What a journalled iteration had accepted, it had consumed.
      INSERT INTO new_tasks
        SELECT tasks.run, id, tasks.iteration, issue, 0,
          CASE WHEN state = 'accepted' AND iterations.run IS NOT NULL THEN 'consumed' ELSE state END,
          CASE WHEN state = 'accepted' AND iterations.run IS NOT NULL THEN tasks.iteration END
        FROM tasks LEFT JOIN iterations
          ON iterations.run = tasks.run AND iterations.iteration = tasks.iteration;
      INSERT INTO new_results SELECT run, iteration, task_id, payload_hash FROM results;
      DROP TABLE results;
      DROP TABLE tasks;
      ALTER TABLE new_tasks RENAME TO tasks;
      ALTER TABLE new_results RENAME TO results;
      CREATE INDEX outstanding_tasks ON tasks (run, iteration, id) WHERE state = 'outstanding';

      CREATE TABLE checkpoints (
        run TEXT NOT NULL REFERENCES runs (id),
        iteration INTEGER NOT NULL,
        manifest TEXT NOT NULL,
        forgotten INTEGER NOT NULL DEFAULT 0 CHECK (forgotten IN (0, 1)),
        PRIMARY KEY (run, iteration)
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE run_events (
        run TEXT NOT NULL REFERENCES runs (id),
        sequence INTEGER NOT NULL,
        at_ms INTEGER NOT NULL,
        kind TEXT NOT NULL,
        payload TEXT NOT NULL,
        PRIMARY KEY (run, sequence)
      ) STRICT, WITHOUT ROWID;

      -- The lineage names this history; a ledger that is restored from a backup begins another one.
      CREATE TABLE ledger_facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
      INSERT INTO ledger_facts VALUES ('lineage', lower(hex(randomblob(16))));
    `,
  },
];
