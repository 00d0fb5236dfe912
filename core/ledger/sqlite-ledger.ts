import { DatabaseThread } from '../database/database-thread.js';
import type { Clock } from '../runtime/clock.js';
import type { Ledger } from './ledger.js';
import { LedgerClient } from './ledger-client.js';
import { LEDGER } from './ledger-schema.js';

/**
 * Opens or creates the ledger file for this process alone, brings its schema up to date (after a backup beside it)
 * and serves it from a thread of its own. Rejects with one sentence that names the file: `failed_precondition` when
 * it is already open or comes from a newer Majlis, `data_loss` when it is damaged.
 */
export async function openSqliteLedger(path: string, clock: Clock): Promise<Ledger> {
  const module = 'core/ledger/sqlite-ledger-worker';
  return new LedgerClient(await DatabaseThread.start({ module, path, kind: LEDGER }), clock);
}
