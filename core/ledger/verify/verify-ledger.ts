import { dirname, join } from 'node:path';
import { MajlisError } from '../../errors.js';
import { withSnapshot } from '../snapshot/ledger-snapshot.js';
import { fileChecks } from './file-checks.js';
import type { LedgerCheck } from './ledger-check.js';
import { recordChecks } from './record-checks.js';

/**
 * Looks at a ledger as it is at this moment: a workspace's, at work or not, a backup, or a raw copy with its log. Nothing
 * of it is changed. A file that does not exist is a BadInputError; a damaged one fails its first check.
 */
export async function verifyLedger(file: string): Promise<readonly LedgerCheck[]> {
  const first = await examine(file);
  // While a coordinator works, files that the copy still names may be pruned before they are looked for.
  return first.some(({ status }) => status === 'failed') ? examine(file) : first;
}

async function examine(file: string): Promise<readonly LedgerCheck[]> {
  try {
    return await withSnapshot(file, async (database) => [
      { name: 'schema', status: 'ok', found: 'every step of the schema is known' },
      ...recordChecks(database),
      ...(await fileChecks(database, join(dirname(file), 'segments'))),
    ]);
  } catch (thrown) {
    const { code, reason, message } = MajlisError.from(thrown);
    if (code === 'data_loss') return [{ name: 'database', status: 'failed', found: message }];
    if (reason === 'newer_schema') return [{ name: 'schema', status: 'failed', found: message }];
    throw thrown;
  }
}
