import type { MajlisError } from '../errors.js';
import type { ExclusiveDatabase } from './exclusive-database.js';
import { databaseError } from './database-error.js';

/** How one operation of a group ended, once the group is on disk. */
export type Outcome<Value> = { readonly value: Value } | { readonly error: MajlisError };

/**
 * Runs operations in one transaction and commits them with one fsync. An operation that throws is undone alone; when
 * the transaction itself fails (a full disk, say), none of them happened and every outcome says so. Refusals are
 * rare, and a savepoint before each operation doubles its cost, so a group gets them only at its second try.
 */
export function commitTogether<Value>(
  database: ExclusiveDatabase,
  operations: readonly (() => Value)[],
): Outcome<Value>[] {
  try {
    return commit(database, () => operations.map((operation) => ({ value: operation() })));
  } catch {
    return commitApart(database, operations);
  }
}

function commitApart<Value>(
  database: ExclusiveDatabase,
  operations: readonly (() => Value)[],
): Outcome<Value>[] {
  try {
    return commit(database, () => operations.map((operation) => attempt(database, operation)));
  } catch (thrown) {
    const error = databaseError(database, thrown);
    return operations.map(() => ({ error }));
  }
}

function commit<Result>(database: ExclusiveDatabase, work: () => Result): Result {
  database.execute('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.execute('COMMIT');
    return result;
  } catch (thrown) {
    if (database.inTransaction) database.execute('ROLLBACK');
    throw thrown;
  }
}

function attempt<Value>(database: ExclusiveDatabase, operation: () => Value): Outcome<Value> {
  database.execute('SAVEPOINT operation');
  try {
    const value = operation();
    database.execute('RELEASE operation');
    return { value };
  } catch (thrown) {
    // SQLite ends the whole transaction itself when the storage failed; then nothing of the group is left to keep.
    if (!database.inTransaction) throw thrown;
    database.execute('ROLLBACK TO operation; RELEASE operation');
    return { error: databaseError(database, thrown) };
  }
}
