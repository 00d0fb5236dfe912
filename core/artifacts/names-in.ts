import { readdir } from 'node:fs/promises';
import { storageError, systemCode } from '../runtime/storage-error.js';

/** The names in a folder, in order. A folder that does not exist holds nothing. */
export async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return [];
    throw storageError(folder, thrown);
  }
}
