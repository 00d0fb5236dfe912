import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { storageError } from '../../runtime/storage-error.js';
import { MajlisError } from '../../errors.js';
import { makeFolderDurably, syncFolder } from '../../runtime/durable-file.js';
import { ExclusiveDatabase } from '../../database/exclusive-database.js';
import { LEDGER } from '../ledger-schema.js';
import { backUp } from '../../database/migrate.js';
import { recordChecks } from '../verify/record-checks.js';
import { withSnapshot } from './ledger-snapshot.js';

/** A ledger that was put in place of another. */
export interface RestoredLedger {
  readonly lineage: string;
  /** Where what was there before lies now; absent where nothing was. */
  readonly movedTo?: string;
}

/**
 * Epochs of the old lineage that may have begun after the backup was made. A run that starts more often than this
 * between two backups is not fenced.
 */
export const LINEAGE_EPOCHS = 1_000_000;

/**
 * Makes `target` the ledger that `source` is a backup of, as a new lineage: a new lineage id, and every run's epoch raised
 * by a step that no run of the old lineage has reached, so that what the old lineage still sends is fenced. A source that
 * fails its checks is `data_loss`; a target that a coordinator owns is `failed_precondition`; a target that is there is
 * moved aside first.
 */
export async function restoreLedger(source: string, target: string): Promise<RestoredLedger> {
  const prepared = `${target}.restoring`;
  await makeFolder(dirname(target));
  await rm(prepared, { force: true });
  const lineage = await withSnapshot(source, (database) => {
    requireWhole(database, source);
    const begun = beginLineage(database);
    backUp(database, prepared);
    return begun;
  });
  const movedTo = existsSync(target) ? await moveAside(target) : undefined;
  await rename(prepared, target);
  await syncFolder(dirname(target));
  return { lineage, ...(movedTo === undefined ? {} : { movedTo }) };
}

function requireWhole(database: ExclusiveDatabase, source: string): void {
  const failed = recordChecks(database).find(({ status }) => status === 'failed');
  if (failed === undefined) return;
  throw new MajlisError(`${source} is not restored, because its ${failed.name} failed: ${failed.found}`, {
    code: 'data_loss',
  });
}

function beginLineage(database: ExclusiveDatabase): string {
  database.execute('BEGIN IMMEDIATE');
  database.change("UPDATE ledger_facts SET value = lower(hex(randomblob(16))) WHERE name = 'lineage'");
  database.change('UPDATE runs SET epoch = epoch + ?', LINEAGE_EPOCHS);
  database.execute('COMMIT');
  const query = "SELECT value FROM ledger_facts WHERE name = 'lineage'";
  const [row] = database.select(z.object({ value: z.string() }), query);
  if (row === undefined) throw new MajlisError('the ledger has no lineage', { code: 'data_loss' });
  return row.value;
}

/** The file with its log, under the first free name `<file>.replaced-<n>`. A damaged one is moved as it is. */
async function moveAside(target: string): Promise<string> {
  requireUnowned(target);
  let number = 1;
  while (existsSync(`${target}.replaced-${number}`)) number += 1;
  const aside = `${target}.replaced-${number}`;
  if (existsSync(`${target}-wal`)) await rename(`${target}-wal`, `${aside}-wal`);
  await rename(target, aside);
  await syncFolder(dirname(target));
  return aside;
}

function requireUnowned(target: string): void {
  try {
    ExclusiveDatabase.open(target, { kind: LEDGER }).release();
  } catch (thrown) {
    const error = MajlisError.from(thrown);
    if (error.code !== 'data_loss') throw error;
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await makeFolderDurably(folder);
  } catch (thrown) {
    throw storageError(folder, thrown);
  }
}
