import { statSync } from 'node:fs';
import { join } from 'node:path';
import { backUpLedger } from '../../../core/ledger/snapshot/backup-ledger.js';
import type { Clock } from '../../../core/runtime/clock.js';
import type { CommandResult } from '../session.js';
import { existingLedger } from './existing-ledger.js';

export interface BackupRequest {
  readonly workspace: string;
  /** Where to; named by the time in the workspace's folder of backups unless told. */
  readonly file: string | undefined;
}

/** Writes the workspace's ledger as it is now into one new file. */
export async function backUp({ workspace, file }: BackupRequest, clock: Clock): Promise<CommandResult> {
  const ledger = existingLedger(workspace);
  const target = file ?? join(workspace, 'backups', `ledger-${stamp(clock.now())}.sqlite`);
  await backUpLedger(ledger, target);
  const bytes = statSync(target).size;
  return { json: { file: target, bytes }, text: `${ledger} is backed up in ${target} (${bytes} bytes)` };
}

/** ISO 8601 without what file systems refuse. */
function stamp(atMs: number): string {
  return new Date(atMs).toISOString().replaceAll(/[:.]/g, '-');
}
