import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { storageError } from './storage-error.js';

/**
 * Writes a whole file or none, on disk when it resolves: the bytes go to a temporary name in the same folder, are
 * synced, get their name by a rename, and the folder is synced so that the name lasts too. `mode` is the file's from
 * its first byte on; without one it is as the process makes files. What stands in the way is told with the path.
 */
export async function writeDurably(path: string, bytes: Uint8Array, mode?: number): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${randomUUID()}.unfinished`);
  try {
    const file = await open(temporary, 'wx', mode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (thrown) {
    await rm(temporary, { force: true });
    throw storageError(path, thrown);
  }
  await syncFolder(folder);
}

/** Creates a folder and what is above it, and makes their names last. */
export async function makeFolderDurably(folder: string): Promise<void> {
  // Resolved: above a relative path there is no end of dots.
  const whole = resolve(folder);
  const first = await mkdir(whole, { recursive: true });
  if (first === undefined) return;
  for (let made = whole; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Makes the names in a folder last. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
