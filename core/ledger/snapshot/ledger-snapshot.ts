import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BadInputError } from '../../errors.js';
import { ExclusiveDatabase } from '../../database/exclusive-database.js';
import { LEDGER } from '../ledger-schema.js';
import { migrate } from '../../database/migrate.js';
import { MIGRATIONS } from '../migrations.js';
import { databaseError } from '../../database/database-error.js';
import { copyLedger } from './copy-ledger.js';

/**
 * Lends a copy of a ledger as it is at this moment, brought to the newest schema; the ledger itself is only read, so a
 * coordinator may be at work on it, and it may lie on a read-only volume. A file that does not exist is a BadInputError,
 * a damaged one `data_loss`, one of a newer Majlis `failed_precondition`.
 */
export async function withSnapshot<Value>(
  file: string,
  work: (database: ExclusiveDatabase) => Promise<Value> | Value,
): Promise<Value> {
  await requireFile(file);
  const folder = await mkdtemp(join(tmpdir(), 'majlis-ledger-'));
  try {
    const copy = join(folder, 'ledger.sqlite');
    await copyLedger(file, copy);
    return await lend(copy, file, work);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function lend<Value>(
  copy: string,
  file: string,
  work: (database: ExclusiveDatabase) => Promise<Value> | Value,
): Promise<Value> {
  const database = ExclusiveDatabase.open(copy, { kind: LEDGER, name: file });
  try {
    bringUpToDate(database);
    return await work(database);
  } catch (thrown) {
    throw databaseError({ kind: LEDGER, name: file }, thrown);
  } finally {
    database.discard();
  }
}

function bringUpToDate(database: ExclusiveDatabase): void {
  migrate(database, MIGRATIONS, { keepsBackup: false });
}

async function requireFile(file: string): Promise<void> {
  try {
    await access(file);
  } catch (thrown) {
    throw new BadInputError({ source: file, found: 'no such file', allowed: 'a ledger file' }, thrown);
  }
}
