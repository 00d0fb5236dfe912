import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { MajlisError } from '../errors.js';
import { storageError } from '../runtime/storage-error.js';
import type { ArtifactStore } from './artifact-store.js';
import type { ManifestFile } from './directory-manifest.js';

/** Parts that travel at once: enough to keep a connection busy, and few enough to be held in memory. */
export const PARTS_AT_ONCE = 4;

export interface PublishFileOptions {
  readonly store: Pick<ArtifactStore, 'put'>;
  /** Where the file is. */
  readonly source: string;
  /** What the manifest calls it. */
  readonly path: string;
  readonly partBytes: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Puts a file into a store part by part, `PARTS_AT_ONCE` of them in memory, and says what it put. A file that another
 * process changes meanwhile is `aborted`, since its parts would be of two files.
 */
export async function publishFile(options: PublishFileOptions): Promise<ManifestFile> {
  const { source } = options;
  let file: FileHandle | undefined;
  try {
    file = await open(source, 'r');
    const before = await file.stat();
    const published = await putParts(file, before.size, options);
    const after = await file.stat();
    if (after.size === before.size && after.mtimeMs === before.mtimeMs) return published;
    throw new MajlisError(`${source} was changed while it was published`, { code: 'aborted' });
  } catch (thrown) {
    options.signal?.throwIfAborted();
    throw storageError(source, thrown);
  } finally {
    await file?.close();
  }
}

async function putParts(file: FileHandle, bytes: number, options: PublishFileOptions): Promise<ManifestFile> {
  const { store, path, partBytes, signal } = options;
  const whole = createHash('sha256');
  const parts: string[] = [];
  for (let start = 0; start < bytes; start += partBytes * PARTS_AT_ONCE) {
    signal?.throwIfAborted();
    const round: Promise<string>[] = [];
    const end = Math.min(bytes, start + partBytes * PARTS_AT_ONCE);
    for (let offset = start; offset < end; offset += partBytes) {
      const part = await readPart(file, offset, Math.min(partBytes, end - offset));
      whole.update(part);
      round.push(store.put(part, signal));
      // What fails while the next part is read is told below, not as a failure that nobody waited for.
      round.at(-1)?.catch(() => undefined);
    }
    parts.push(...(await Promise.all(round)));
  }
  return { path, bytes, sha256: whole.digest('hex'), parts };
}

/** So many bytes of a file from an offset; undefined where the file ends before them. */
export async function readFilePart(
  file: FileHandle,
  offset: number,
  length: number,
): Promise<Uint8Array | undefined> {
  const bytes = Buffer.allocUnsafe(length);
  let read = 0;
  while (read < length) {
    const step = await file.read(bytes, read, length - read, offset + read);
    if (step.bytesRead === 0) return undefined;
    read += step.bytesRead;
  }
  return bytes;
}

async function readPart(file: FileHandle, offset: number, length: number): Promise<Uint8Array> {
  const part = await readFilePart(file, offset, length);
  if (part !== undefined) return part;
  throw new MajlisError('the file became shorter while it was published', { code: 'aborted' });
}
