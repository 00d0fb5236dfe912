import type { Migration } from '../database/migration.js';

/** Every step of the judgement store's schema, in order. Forward only. */
export const JUDGEMENT_MIGRATIONS: readonly Migration[] = [
  {
    version: 1,
    name: 'judgements, calls, spend',
    sql: `
      CREATE TABLE judgements (
        key TEXT PRIMARY KEY,
        judge TEXT NOT NULL,
        rubric_hash TEXT NOT NULL,
        outcome TEXT NOT NULL,
        kept_at_ms INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;

      CREATE TABLE calls (
        id INTEGER PRIMARY KEY,
        run TEXT NOT NULL,
        judge TEXT NOT NULL,
        rubric_hash TEXT NOT NULL,
        endpoint TEXT NOT NULL,
        ending TEXT CHECK (ending IN ('answered', 'failed', 'unknown')),
        entered_at_ms INTEGER NOT NULL,
        ended_at_ms INTEGER,
        most_tokens INTEGER NOT NULL,
        most_micros INTEGER NOT NULL,
        tokens INTEGER,
        cost_micros INTEGER,
        CHECK ((ending IS NULL) = (ended_at_ms IS NULL))
      ) STRICT;
      CREATE INDEX open_calls ON calls (run) WHERE ending IS NULL;
      CREATE INDEX ended_calls ON calls (ended_at_ms) WHERE ending IS NOT NULL;

      CREATE TABLE spend (
        run TEXT NOT NULL,
        judge TEXT NOT NULL,
        rubric_hash TEXT NOT NULL,
        calls INTEGER NOT NULL,
        failed_calls INTEGER NOT NULL,
        prompt_tokens INTEGER NOT NULL,
        completion_tokens INTEGER NOT NULL,
        cost_micros INTEGER NOT NULL,
        PRIMARY KEY (run, judge, rubric_hash)
      ) STRICT, WITHOUT ROWID;
    `,
  },
];
