import { access } from 'node:fs/promises';
import { storageError, systemCode } from './storage-error.js';

/** Whether the path names anything. A file system that cannot say so is an error, never a no. */
export async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return false;
    throw storageError(path, thrown);
  }
}
