import { MemoryCalls } from '../database/memory-calls.js';
import type { Clock } from '../runtime/clock.js';
import { LedgerClient } from './ledger-client.js';
import { LEDGER_SCHEMA } from './ledger-schema.js';

/** A ledger that ends with its process: for tests and for runs that nobody wants to continue. */
export class MemoryLedger extends LedgerClient {
  constructor(clock: Clock) {
    super(new MemoryCalls(LEDGER_SCHEMA), clock);
  }
}
