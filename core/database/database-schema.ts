import type { PrepareCalls } from './database-calls.js';
import type { DatabaseKind } from './database-kind.js';
import type { Migration } from './migration.js';

/** What a kind of database is made of. */
export interface DatabaseSchema {
  readonly kind: DatabaseKind;
  readonly migrations: readonly Migration[];
  readonly prepare: PrepareCalls;
}
