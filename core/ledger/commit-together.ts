import type { MajlisError } from '../errors.js';
import type { LedgerDatabase } from './ledger-database.js';
import { storageError } from './storage-error.js';

/** How one operation of a group ended, once the group is on disk. */
export type Outcome = { readonly value: unknown } | { readonly error: MajlisError };

/**
 * Runs operations in one transaction and commits them with one fsync. An operation that throws is undone alone; when
 * the transaction itself fails (a full disk, say), none of them happened and every outcome says so.
 */
export function commitTogether(database: LedgerDatabase, operations: readonly (() => unknown)[]): Outcome[] {
  try {
    database.execute('BEGIN IMMEDIATE');
    const outcomes = operations.map((operation) => attempt(database, operation));
    database.execute('COMMIT');
    return outcomes;
  } catch (thrown) {
    if (database.inTransaction) database.execute('ROLLBACK');
    const error = storageError(database.path, thrown);
    return operations.map(() => ({ error }));
  }
}

function attempt(database: LedgerDatabase, operation: () => unknown): Outcome {
  database.execute('SAVEPOINT operation');
  try {
    const value = operation();
    database.execute('RELEASE operation');
    return { value };
  } catch (thrown) {
    // SQLite ends the whole transaction itself when the storage failed; then nothing of the group is left to keep.
    if (!database.inTransaction) throw thrown;
    database.execute('ROLLBACK TO operation; RELEASE operation');
    return { error: storageError(database.path, thrown) };
  }
}
