import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { MajlisError } from '../errors.js';
import { makeFolderDurably, syncFolder, writeDurably } from './durable-file.js';

/** Contents of a folder by file name. */
export type FolderFiles = ReadonlyMap<string, Uint8Array>;

/**
 * Writes a folder that appears whole or not at all, and lasts when it resolves: files are written beside it and renamed
 * into place together. What was published never changes: the same files again change nothing, a folder that holds
 * others is `already_exists`.
 */
export async function writeFolderDurably(directory: string, files: FolderFiles): Promise<void> {
  const parent = dirname(directory);
  await makeFolderDurably(parent);
  const unfinished = join(parent, `.unfinished-${randomUUID()}`);
  await mkdir(unfinished);
  try {
    for (const [name, content] of files) await writeDurably(join(unfinished, name), content);
    await rename(unfinished, directory);
    await syncFolder(parent);
  } catch (cause) {
    await requireSame(directory, files, cause);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

/** Passes where the folder already holds these files; otherwise says what stood in the way. */
async function requireSame(directory: string, files: FolderFiles, cause: unknown): Promise<void> {
  for (const [name, content] of files) {
    const present = await readFile(join(directory, name)).catch(() => undefined);
    if (present === undefined) throw cause;
    if (!present.equals(content)) {
      throw new MajlisError(`${directory} already holds another ${name}.`, { code: 'already_exists', cause });
    }
  }
}
