import { existsSync } from 'node:fs';
import { BadInputError, MajlisError } from '../../core/errors.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import { openSqliteLedger } from '../../core/ledger/sqlite-ledger.js';
import type { Clock } from '../../core/runtime/clock.js';
import { ledgerFile } from '../commands/open-ledger.js';

/** The workspace's ledger for this process alone; undefined while another holds it. A workspace without one is a BadInputError. */
export async function openUnlessHeld(workspace: string, clock: Clock): Promise<Ledger | undefined> {
  const file = requireLedger(workspace);
  try {
    return await openSqliteLedger(file, clock);
  } catch (thrown) {
    if (thrown instanceof MajlisError && thrown.reason === 'held') return undefined;
    throw thrown;
  }
}

/** The path of the workspace's ledger; a workspace without one is a BadInputError. */
export function requireLedger(workspace: string): string {
  const file = ledgerFile(workspace);
  if (existsSync(file)) return file;
  throw new BadInputError({
    source: `workspace ${workspace}`,
    found: 'no ledger',
    allowed: 'a workspace that has runs; --workspace names another, "majlis quickstart" makes the first run',
  });
}
