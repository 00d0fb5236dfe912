import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ledger } from '../../../core/ledger/ledger.js';
import { copyLedger } from '../../../core/ledger/snapshot/copy-ledger.js';
import { openSqliteLedger } from '../../../core/ledger/sqlite-ledger.js';
import type { Clock } from '../../../core/runtime/clock.js';
import { existingLedger } from '../ledger/existing-ledger.js';

/**
 * Lends a copy of the workspace's ledger as it is now, with a folder that goes with it. The ledger itself is only read, so a
 * run may be at work, and nothing holds it up meanwhile.
 */
export async function withLedgerCopy<Value>(
  workspace: string,
  clock: Clock,
  work: (ledger: Ledger, scratch: string) => Promise<Value>,
): Promise<Value> {
  const source = existingLedger(workspace);
  const folder = await mkdtemp(join(tmpdir(), 'majlis-replay-'));
  try {
    const copy = join(folder, 'ledger.sqlite');
    await copyLedger(source, copy);
    const ledger = await openSqliteLedger(copy, clock);
    try {
      return await work(ledger, folder);
    } finally {
      await ledger.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
