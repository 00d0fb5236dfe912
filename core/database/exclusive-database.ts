import Database from 'libsql';
import { z } from 'zod';
import { MajlisError } from '../errors.js';
import type { DatabaseFile, DatabaseKind } from './database-kind.js';
import { databaseError } from './database-error.js';

/** What a column can hold. */
export type SqlValue = string | number | null;

/** Kept in memory: the rows of the iterations at work, which change three times each, also where iterations are large. */
const CACHE_KIBIBYTES = 64 * 1024;

/** Pages that the log may hold, 32 MB: a page that changes several times in an iteration moves to the file once. */
const LOG_PAGES = 8192;

/**
 * An SQLite file that this connection alone may open: write-ahead log, fsync at every commit, exclusive lock until
 * `close`. Nothing else in the process may open the file, not even to copy it: POSIX drops a process's locks on a
 * file as soon as any of its descriptors is closed. Copies are made with VACUUM INTO.
 */
export class ExclusiveDatabase implements DatabaseFile {
  private readonly statements = new Map<string, Database.Statement>();

  private constructor(
    readonly path: string,
    /** What messages call the file. */
    readonly name: string,
    readonly kind: DatabaseKind,
    private readonly connection: Database.Database,
  ) {}

  /**
   * Opens or creates the file and locks it; another file's owner, or a file of another kind, is refused. Where the file
   * is a copy, messages speak of the original's `name`.
   */
  static open(
    path: string,
    { kind, name = path }: { readonly kind: DatabaseKind; readonly name?: string },
  ): ExclusiveDatabase {
    const connection = connect(path, kind);
    const database = new ExclusiveDatabase(path, name, kind, connection);
    try {
      database.lock();
    } catch (thrown) {
      connection.close();
      throw databaseError({ kind, name }, thrown);
    }
    return database;
  }

  get inTransaction(): boolean {
    return this.connection.inTransaction;
  }

  /** Statements without values or rows. */
  execute(sql: string): void {
    this.connection.exec(sql);
  }

  /** Runs one prepared statement and returns how many rows it changed. */
  change(sql: string, ...values: SqlValue[]): number {
    return this.prepare(sql).run(values).changes;
  }

  /** The rows of one prepared query; a row of another shape is `data_loss`. */
  select<Row>(schema: z.ZodType<Row>, sql: string, ...values: SqlValue[]): Row[] {
    // As one array: libsql takes a single bare null for an object of named values.
    return this.prepare(sql)
      .all(values)
      .map((row) => this.decode(schema, row));
  }

  /**
   * Reads rows as a person wrote the query: nothing may be written from now on. Rows come as arrays in the order of the
   * columns.
   */
  query(sql: string): { readonly columns: readonly string[]; readonly rows: readonly unknown[][] } {
    this.connection.pragma('query_only = ON');
    const statement = this.connection.prepare(sql);
    const columns = statement.columns().map(({ name }) => name);
    return { columns, rows: statement.raw().all() as unknown[][] };
  }

  /** Compiles a query without running it; one that SQLite refuses throws its reason. */
  compile(sql: string): void {
    this.connection.prepare(sql);
  }

  /**
   * Leaves everything in one file and closes it. The lock may last until this thread ends: prepared statements keep a
   * closed connection until they are collected as garbage.
   */
  close(): void {
    try {
      this.connection.pragma('wal_checkpoint(TRUNCATE)');
    } catch (thrown) {
      // A log that finds no room in the file stays beside it, and the next open reads it from there.
      const error = databaseError(this, thrown);
      if (error.code !== 'resource_exhausted') throw error;
    } finally {
      this.connection.close();
    }
  }

  /**
   * Closes the file and gives up its lock at once, for a thread that goes on. An exclusive lock that began with the
   * write-ahead log ends only with it; the next owner begins another.
   */
  release(): void {
    this.connection.pragma('journal_mode = DELETE');
    this.connection.pragma('locking_mode = NORMAL');
    this.connection.exec('SELECT count(*) FROM sqlite_schema');
    this.connection.close();
  }

  /** Closes a copy that nobody will open again, whatever a query left unfinished. */
  discard(): void {
    this.connection.close();
  }

  private prepare(sql: string): Database.Statement {
    const known = this.statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.connection.prepare(sql);
    this.statements.set(sql, statement);
    return statement;
  }

  private decode<Row>(schema: z.ZodType<Row>, row: unknown): Row {
    const parsed = schema.safeParse(row);
    if (parsed.success) return parsed.data;
    const problem = z.prettifyError(parsed.error).replaceAll('\n', ' ');
    throw new MajlisError(`${this.kind.noun} file ${this.name} holds a damaged record: ${problem}`, {
      code: 'data_loss',
      cause: parsed.error,
    });
  }

  /** Exclusive mode is set before the file is first read, so that the first read takes the lock and keeps it. */
  private lock(): void {
    this.connection.pragma('locking_mode = EXCLUSIVE');
    this.refuseForeignFile();
    this.connection.pragma('journal_mode = WAL');
    this.connection.pragma('synchronous = FULL');
    this.connection.pragma('foreign_keys = ON');
    this.connection.pragma(`cache_size = -${CACHE_KIBIBYTES}`);
    this.connection.pragma(`wal_autocheckpoint = ${LOG_PAGES}`);
    this.execute('BEGIN IMMEDIATE; COMMIT');
  }

  private refuseForeignFile(): void {
    const tables = this.select(z.object({ name: z.string() }), 'SELECT name FROM sqlite_schema');
    if (tables.length === 0 || tables.some(({ name }) => name === 'schema_migrations')) return;
    throw new MajlisError(
      `${this.name} is a database, but not a Majlis ${this.kind.noun}; choose another file`,
      { code: 'failed_precondition' },
    );
  }
}

function connect(path: string, { noun }: DatabaseKind): Database.Database {
  try {
    return new Database(path);
  } catch (thrown) {
    throw new MajlisError(`${noun} file ${path} cannot be opened; its folder must exist and be writable`, {
      code: 'failed_precondition',
      cause: thrown,
    });
  }
}
