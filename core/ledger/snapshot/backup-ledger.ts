import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolderDurably } from '../../runtime/durable-file.js';
import { storageError } from '../../runtime/storage-error.js';
import { BadInputError } from '../../errors.js';
import { backUp } from '../../database/migrate.js';
import { withSnapshot } from './ledger-snapshot.js';

/**
 * Writes a ledger, as it is at this moment, into one new file, whole and durable or not at all. A coordinator may be at
 * work on the ledger. A target that exists is a BadInputError.
 */
export async function backUpLedger(file: string, target: string): Promise<void> {
  if (existsSync(target)) {
    throw new BadInputError({ source: target, found: 'a file', allowed: 'a path where nothing is yet' });
  }
  try {
    await makeFolderDurably(dirname(target));
  } catch (thrown) {
    throw storageError(dirname(target), thrown);
  }
  await withSnapshot(file, (database) => {
    backUp(database, target);
  });
}
