import type { MajlisError } from '../errors.js';
import type { DatabaseCall } from './database-messages.js';
import type { ExclusiveDatabase } from './exclusive-database.js';

/** Where calls go: to the thread that owns a file, or to a database in memory. */
export interface DatabaseCalls {
  /** Resolves to the operation's value when the commit that holds the call is on disk. */
  call(call: DatabaseCall): Promise<unknown>;
  /** Sets the one listener that is told, after each commit, what the commit has to tell. */
  whenNoticed(listener: (notice: string) => void): void;
  /** Lets every call made so far finish, then gives up the file. */
  close(): Promise<void>;
}

/** How the calls of one commit ended, in their order, and what it has to tell. */
export interface Committed {
  readonly outcomes: readonly ({ readonly value: unknown } | { readonly error: MajlisError })[];
  readonly notices: readonly string[];
}

/** Performs calls in one commit, on a database whose schema is up to date. */
export type CallPerformer = (calls: readonly DatabaseCall[]) => Committed;

/** Prepares a database that has just been opened and brought up to date. */
export type PrepareCalls = (database: ExclusiveDatabase) => CallPerformer;
