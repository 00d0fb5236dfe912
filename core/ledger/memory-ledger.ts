import { MajlisError } from '../errors.js';
import type { Clock } from '../runtime/clock.js';
import { LedgerClient } from './ledger-client.js';
import type { LedgerCalls } from './ledger-client.js';
import { LedgerDatabase } from './ledger-database.js';
import type { LedgerCall } from './ledger-messages.js';
import { migrate } from './migrate.js';
import { MIGRATIONS } from './migrations.js';
import { callPerformer } from './perform-calls.js';

/** A ledger that ends with its process: for tests and for runs that nobody wants to continue. */
export class MemoryLedger extends LedgerClient {
  constructor(clock: Clock) {
    super(new MemoryCalls(), clock);
  }
}

/** Each call is a commit of its own, made before the call returns. */
class MemoryCalls implements LedgerCalls {
  private readonly database = LedgerDatabase.open(':memory:');
  private readonly perform: ReturnType<typeof callPerformer>;
  private listener: (run: string) => void = () => undefined;
  private closed = false;

  constructor() {
    migrate(this.database, MIGRATIONS);
    this.perform = callPerformer(this.database);
  }

  async call(call: LedgerCall): Promise<unknown> {
    if (this.closed) throw new MajlisError('the ledger is closed', { code: 'failed_precondition' });
    const { outcomes, runs } = this.perform([call]);
    for (const run of runs) this.listener(run);
    const [outcome] = outcomes;
    if (outcome === undefined) throw new MajlisError('a call has no outcome', { code: 'internal' });
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  whenEventsAreAdded(listener: (run: string) => void): void {
    this.listener = listener;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.database.close();
  }
}
