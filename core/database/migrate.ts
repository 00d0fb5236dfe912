import { closeSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { MajlisError } from '../errors.js';
import type { ExclusiveDatabase } from './exclusive-database.js';
import type { Migration } from './migration.js';
import { databaseError } from './database-error.js';

/**
 * Brings the schema up to date, one transaction per step, after a backup of what was there
 * (`<file>.schema-<version>.backup`; none of a file that is a copy anyway). A schema from the future is refused and left alone.
 */
export function migrate(
  database: ExclusiveDatabase,
  migrations: readonly Migration[],
  { keepsBackup = true }: { readonly keepsBackup?: boolean } = {},
): void {
  const { path, name, kind } = database;
  const current = schemaVersion(database);
  const latest = migrations.at(-1)?.version ?? 0;
  if (current > 0) requireKind(database, migrations);
  if (current > latest) {
    const message = `${kind.noun} file ${name} has schema ${current}, and this Majlis knows schemas up to ${latest}; open it with a newer Majlis`;
    throw new MajlisError(message, { code: 'failed_precondition', reason: 'newer_schema' });
  }
  if (keepsBackup && current > 0 && current < latest) backUp(database, `${path}.schema-${current}.backup`);
  for (const migration of migrations.filter(({ version }) => version > current)) apply(database, migration);
}

/** The number of the last step that the file has; 0 for an empty one. */
export function schemaVersion(database: ExclusiveDatabase): number {
  const table = "SELECT name FROM sqlite_schema WHERE name = 'schema_migrations'";
  if (database.select(z.unknown(), table).length === 0) return 0;
  const row = z.object({ version: z.number() });
  return database.select(row, 'SELECT max(version) AS version FROM schema_migrations')[0]?.version ?? 0;
}

/** A file of another kind has migrations too; its first step tells it apart. */
function requireKind(database: ExclusiveDatabase, [first]: readonly Migration[]): void {
  const row = z.object({ name: z.string() });
  const [applied] = database.select(row, 'SELECT name FROM schema_migrations WHERE version = 1');
  if (applied === undefined || applied.name === first?.name) return;
  throw new MajlisError(
    `${database.name} is a Majlis database, but no ${database.kind.noun}; choose another file`,
    { code: 'failed_precondition' },
  );
}

function apply(database: ExclusiveDatabase, migration: Migration): void {
  database.execute('BEGIN IMMEDIATE');
  try {
    database.execute(
      'CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT',
    );
    database.execute(migration.sql);
    database.change('INSERT INTO schema_migrations VALUES (?, ?)', migration.version, migration.name);
    database.execute('COMMIT');
  } catch (thrown) {
    if (database.inTransaction) database.execute('ROLLBACK');
    throw thrown;
  }
}

/** A whole and durable copy of the database in one file, or none: it gets its name last. */
export function backUp(database: ExclusiveDatabase, target: string): void {
  const unfinished = `${target}.unfinished`;
  try {
    rmSync(unfinished, { force: true });
    database.change('VACUUM INTO ?', unfinished);
    syncToDisk(unfinished);
    renameSync(unfinished, target);
    syncToDisk(dirname(target));
  } catch (thrown) {
    rmSync(unfinished, { force: true });
    throw databaseError({ kind: database.kind, name: target }, thrown);
  }
}

function syncToDisk(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
