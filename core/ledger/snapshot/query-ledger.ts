import Database from 'libsql';
import { BadInputError } from '../../errors.js';
import type { ExclusiveDatabase } from '../../database/exclusive-database.js';
import { withSnapshot } from './ledger-snapshot.js';

/** Rows of a query, in the order of its columns. */
export interface QueryRows {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly QueryValue[])[];
}

export type QueryValue = string | number | null;

/**
 * Answers one SELECT over a ledger as it is at this moment. Whatever is no single SELECT, or is refused by SQLite, is a
 * BadInputError with SQLite's reason; nothing can be written, since the query runs on a copy that is read-only besides.
 */
export function queryLedger(file: string, sql: string): Promise<QueryRows> {
  return withSnapshot(file, (database) => answer(database, sql));
}

function answer(database: ExclusiveDatabase, given: string): QueryRows {
  const sql = given.trim().replace(/;\s*$/, '');
  try {
    // SQLite prepares the first of several statements and passes over the others; as a subquery they are no syntax.
    requireOneSelect(database, sql);
    const { columns, rows } = database.query(sql);
    return { columns, rows: rows.map((row) => row.map(toValue)) };
  } catch (thrown) {
    if (!(thrown instanceof Database.SqliteError)) throw thrown;
    throw refused(sql, thrown.message, thrown);
  }
}

function requireOneSelect(database: ExclusiveDatabase, sql: string): void {
  if (!/^\s*(--[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*(select|with|values)\b/i.test(sql)) {
    throw refused(sql, 'not a query');
  }
  try {
    database.compile(`SELECT * FROM (${sql}\n)`);
  } catch (thrown) {
    if (!(thrown instanceof Database.SqliteError)) throw thrown;
    // What is wrong with the statement itself is said in its own words.
    database.compile(sql);
    throw refused(sql, 'not a single query', thrown);
  }
}

function refused(sql: string, reason: string, cause?: unknown): BadInputError {
  const shown = sql.length > 200 ? `${sql.slice(0, 200)}…` : sql;
  const allowed = 'one SELECT over the views of docs/ledger.md';
  return new BadInputError(
    { source: 'query', found: `${JSON.stringify(shown)} (${reason})`, allowed },
    cause,
  );
}

/** Text, numbers and NULL; bytes, which no view has, are told in hex. */
function toValue(value: unknown): QueryValue {
  if (typeof value === 'string' || typeof value === 'number' || value === null) return value;
  if (Buffer.isBuffer(value)) return value.toString('hex');
  return JSON.stringify(value);
}
