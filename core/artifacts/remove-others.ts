import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { namesIn } from './names-in.js';

/** Removes all that a folder holds but for these names. A folder that does not exist holds nothing. */
export async function removeOthers(folder: string, kept: ReadonlySet<string>): Promise<void> {
  for (const name of await namesIn(folder)) {
    if (!kept.has(name)) await rm(join(folder, name), { recursive: true, force: true });
  }
}
