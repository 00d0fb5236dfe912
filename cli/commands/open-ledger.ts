import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Run } from '../../core/domain/run.js';
import { MajlisError } from '../../core/errors.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import { openSqliteLedger } from '../../core/ledger/sqlite-ledger.js';
import type { Clock } from '../../core/runtime/clock.js';

/** The ledger file of a workspace. */
export function ledgerFile(workspace: string): string {
  return join(workspace, 'ledger.sqlite');
}

/** Lends the workspace's ledger for some work and closes it; undefined where the workspace has none yet. None is created. */
export async function withLedger<Value>(
  workspace: string,
  clock: Clock,
  work: (ledger: Ledger) => Promise<Value>,
): Promise<Value | undefined> {
  const file = ledgerFile(workspace);
  if (!existsSync(file)) return undefined;
  const ledger = await openSqliteLedger(file, clock);
  try {
    return await work(ledger);
  } finally {
    await ledger.close();
  }
}

/** Lends the ledger together with one of its runs; a run that does not exist is `not_found` with the next step. */
export async function withRun<Value>(
  place: { readonly workspace: string; readonly run: string },
  clock: Clock,
  work: (ledger: Ledger, run: Run) => Promise<Value>,
): Promise<Value> {
  const { workspace, run: id } = place;
  const found = await withLedger(workspace, clock, async (ledger) => {
    const run = await ledger.getRun(id);
    return run === undefined ? undefined : { value: await work(ledger, run) };
  });
  if (found !== undefined) return found.value;
  throw new MajlisError(`workspace ${workspace} has no run ${id}; "majlis runs" lists those that it has`, {
    code: 'not_found',
  });
}
