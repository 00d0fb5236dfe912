import type { Migration } from '../database/migration.js';

/** Run states with their reasons, control in force, ends of tasks, checkpoints, events, lineage, and views to read. */
export const SCHEMA_2: Migration = {
  version: 2,
  name: 'run states, ends of tasks, checkpoints, events, views',
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

    -- Payloads that retention has removed on purpose, by the iteration that they belonged to.
    CREATE TABLE released_payloads (
      run TEXT NOT NULL REFERENCES runs (id),
      iteration INTEGER NOT NULL,
      PRIMARY KEY (run, iteration)
    ) STRICT, WITHOUT ROWID;

    -- What researchers read; docs/ledger.md defines every column.
    CREATE VIEW v_runs AS SELECT
      id AS run, name, state, reason, seed, epoch,
      strftime('%Y-%m-%dT%H:%M:%fZ', created_at_ms / 1000.0, 'unixepoch') AS created_at,
      (SELECT count(*) FROM iterations WHERE run = runs.id) AS iterations,
      (SELECT max(version) FROM policy_versions WHERE run = runs.id) AS policy_version,
      config_hash, config, fingerprints FROM runs;
    CREATE VIEW v_iterations AS SELECT
      run, iteration, policy_version, rubric_hash, reward_model_hash, inputs_hash, control_sequence, metrics
      FROM iterations;
    CREATE VIEW v_metrics AS SELECT run, iteration, metric.key AS metric, metric.value AS value
      FROM iterations, json_each(metrics) AS metric;
    CREATE VIEW v_tasks AS SELECT
      tasks.run, tasks.id AS task, tasks.iteration, issue,
      strftime('%Y-%m-%dT%H:%M:%fZ', deadline_ms / 1000.0, 'unixepoch') AS deadline,
      state, consumed_in, payload_hash
      FROM tasks LEFT JOIN results ON results.run = tasks.run AND results.iteration = tasks.iteration
        AND results.task_id = tasks.id;
    CREATE VIEW v_preferences AS SELECT
      run, row_number() OVER (PARTITION BY run ORDER BY sequence) AS sequence, rubric_hash, pair_id AS pair,
      pair ->> '$.prompt.id' AS prompt, pair ->> '$.prompt.locale' AS locale,
      pair ->> '$.prompt.category' AS category, pair ->> '$.prompt.text' AS prompt_text,
      pair ->> '$.first' AS first_answer, pair ->> '$.second' AS second_answer,
      probability_first, weight, excluded_verdicts FROM preferences;
    CREATE VIEW v_policy_versions AS SELECT run, version, hash, location, rubric_hash FROM policy_versions;
    CREATE VIEW v_control_events AS SELECT
      run, sequence, event ->> 'kind' AS kind, event ->> 'iteration' AS asked_for, effective_at, event
      FROM control_events;
    CREATE VIEW v_events AS SELECT
      run, sequence, strftime('%Y-%m-%dT%H:%M:%fZ', at_ms / 1000.0, 'unixepoch') AS at, kind, payload
      FROM run_events;
    CREATE VIEW v_checkpoints AS SELECT
      run, iteration, manifest ->> '$.policyVersion.version' AS policy_version,
      manifest ->> '$.rubricHash' AS rubric_hash, manifest ->> '$.klController.coef' AS kl_coefficient,
      manifest ->> '$.policy.directory' AS policy_directory, manifest ->> '$.critic.directory' AS critic_directory,
      forgotten, manifest FROM checkpoints;
  `,
};
