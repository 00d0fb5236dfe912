import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { storageError, systemCode } from '../runtime/storage-error.js';

/** Removes all that a folder holds but for these names. A folder that does not exist holds nothing. */
export async function removeOthers(folder: string, kept: ReadonlySet<string>): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (!kept.has(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return [];
    throw storageError(folder, thrown);
  }
}
