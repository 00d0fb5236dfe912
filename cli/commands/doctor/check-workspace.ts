import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { MajlisError } from '../../../core/errors.js';
import { ExclusiveDatabase } from '../../../core/database/exclusive-database.js';
import { LEDGER } from '../../../core/ledger/ledger-schema.js';
import { schemaVersion } from '../../../core/database/migrate.js';
import { MIGRATIONS } from '../../../core/ledger/migrations.js';
import { ledgerFile } from '../open-ledger.js';
import type { Check } from './check.js';

/** Whether files can be made in the workspace, or where it would be made. Leaves nothing behind. */
export async function checkWorkspace(workspace: string): Promise<Check> {
  const name = 'workspace';
  let folder = resolve(workspace);
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    const probe = await mkdtemp(join(folder, '.majlis-doctor-'));
    await writeFile(join(probe, 'probe'), 'x');
    await rm(probe, { recursive: true });
    const found = folder === resolve(workspace) ? `${workspace} is writable` : `${workspace} can be made`;
    return { name, status: 'ok', found };
  } catch (thrown) {
    const found = `${folder} is not writable (${MajlisError.from(thrown).message})`;
    const next = 'make it writable, or name another folder with --workspace or MAJLIS_WORKSPACE';
    return { name, status: 'fail', found, next };
  }
}

/** Whether the ledger opens, and under which schema; nothing in it is changed. */
export function checkLedger(workspace: string): Check {
  const name = 'ledger';
  const file = ledgerFile(workspace);
  if (!existsSync(file)) return { name, status: 'ok', found: 'none yet; the first run makes it' };
  try {
    return examined(file);
  } catch (thrown) {
    const { message, code, reason } = MajlisError.from(thrown);
    if (reason === 'held') {
      return {
        name,
        status: 'warn',
        found: 'in use',
        next: 'ask again when the run that uses it has stopped',
      };
    }
    const next =
      code === 'data_loss'
        ? 'move the file away, or put a backup in its place'
        : 'do what the sentence says, or name another folder with --workspace';
    return { name, status: 'fail', found: message, next };
  }
}

function examined(file: string): Check {
  const database = ExclusiveDatabase.open(file, { kind: LEDGER });
  try {
    const version = schemaVersion(database);
    const latest = MIGRATIONS.at(-1)?.version ?? 0;
    const found = `${file} has schema ${version}`;
    if (version === latest) return { name: 'ledger', status: 'ok', found };
    if (version < latest) {
      const next = `the next run brings it to schema ${latest}, after a backup beside it`;
      return { name: 'ledger', status: 'warn', found, next };
    }
    const next = 'open it with a newer Majlis, or name another folder with --workspace';
    return { name: 'ledger', status: 'fail', found: `${found}; this Majlis knows up to ${latest}`, next };
  } finally {
    database.close();
  }
}
