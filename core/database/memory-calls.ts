import { MajlisError } from '../errors.js';
import type { CallPerformer, DatabaseCalls } from './database-calls.js';
import type { DatabaseCall } from './database-messages.js';
import type { DatabaseSchema } from './database-schema.js';
import { ExclusiveDatabase } from './exclusive-database.js';
import { migrate } from './migrate.js';

/** A database in memory that ends with its process. Each call is a commit of its own, made before the call returns. */
export class MemoryCalls implements DatabaseCalls {
  private readonly database: ExclusiveDatabase;
  private readonly perform: CallPerformer;
  private listener: (notice: string) => void = () => undefined;
  private closed = false;

  constructor(private readonly schema: DatabaseSchema) {
    this.database = ExclusiveDatabase.open(':memory:', { kind: schema.kind });
    migrate(this.database, schema.migrations);
    this.perform = schema.prepare(this.database);
  }

  async call(call: DatabaseCall): Promise<unknown> {
    if (this.closed) {
      throw new MajlisError(`the ${this.schema.kind.noun} is closed`, { code: 'failed_precondition' });
    }
    const { outcomes, notices } = this.perform([call]);
    for (const notice of notices) this.listener(notice);
    const [outcome] = outcomes;
    if (outcome === undefined) throw new MajlisError('a call has no outcome', { code: 'internal' });
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  whenNoticed(listener: (notice: string) => void): void {
    this.listener = listener;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.database.close();
  }
}
