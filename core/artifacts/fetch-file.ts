import { createHash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { MajlisError } from '../errors.js';
import { sha256 as hashOf } from '../runtime/content-hash.js';
import { storageError } from '../runtime/storage-error.js';
import type { ArtifactStore } from './artifact-store.js';
import type { ManifestFile } from './directory-manifest.js';
import { PARTS_AT_ONCE, readFilePart } from './publish-file.js';

export interface FetchFileOptions {
  readonly store: Pick<ArtifactStore, 'get'>;
  readonly file: ManifestFile;
  readonly partBytes: number;
  /** Where the file is made; its folder exists. */
  readonly target: string;
  readonly signal: AbortSignal;
}

interface Part {
  readonly index: number;
  readonly offset: number;
  readonly length: number;
  readonly sha256: string;
}

/**
 * Makes a file from its parts, on disk when it resolves. Parts that an earlier attempt left in the target and that are still
 * whole are not fetched again. A part of another length and a file of another hash are `data_loss`, and every failure names
 * the file and the part.
 */
export async function fetchFile(options: FetchFileOptions): Promise<void> {
  const { target, file, signal } = options;
  let handle: FileHandle | undefined;
  try {
    handle = await open(target, constants.O_RDWR | constants.O_CREAT);
    const whole = createHash('sha256');
    const parts = partsOf(file, options.partBytes);
    for (let start = 0; start < parts.length; start += PARTS_AT_ONCE) {
      signal.throwIfAborted();
      await fillRound(handle, parts.slice(start, start + PARTS_AT_ONCE), whole, options);
    }
    await handle.truncate(file.bytes);
    requireWhole(file, whole.digest('hex'));
    await handle.sync();
  } catch (thrown) {
    signal.throwIfAborted();
    throw storageError(target, thrown);
  } finally {
    await handle?.close();
  }
}

function partsOf({ bytes, parts }: ManifestFile, partBytes: number): Part[] {
  return parts.map((sha256, index) => {
    const offset = index * partBytes;
    return { index, offset, length: Math.min(partBytes, bytes - offset), sha256 };
  });
}

async function fillRound(
  handle: FileHandle,
  round: readonly Part[],
  whole: Hash,
  options: FetchFileOptions,
): Promise<void> {
  // All of a round end before one's failure is told, so that nothing writes to a file that was given up.
  const filled = await Promise.allSettled(round.map((part) => fillPart(handle, part, options)));
  for (const part of filled) {
    if (part.status === 'rejected') throw part.reason;
    whole.update(part.value);
  }
}

/** The part's bytes, which are in the file when this resolves. */
async function fillPart(handle: FileHandle, part: Part, options: FetchFileOptions): Promise<Uint8Array> {
  const present = await readFilePart(handle, part.offset, part.length);
  if (present !== undefined && hashOf(present) === part.sha256) return present;
  const bytes = await getPart(part, options);
  for (let written = 0; written < bytes.length;) {
    const rest = bytes.length - written;
    const step = await handle.write(bytes, written, rest, part.offset + written);
    written += step.bytesWritten;
  }
  return bytes;
}

async function getPart(part: Part, { store, file, signal }: FetchFileOptions): Promise<Uint8Array> {
  const name = `${file.path}, part ${part.index + 1} of ${file.parts.length}`;
  let bytes: Uint8Array;
  try {
    bytes = await store.get(part.sha256, signal);
  } catch (thrown) {
    const { message, code } = MajlisError.from(thrown);
    throw new MajlisError(`${name}: ${message}`, { code, cause: thrown });
  }
  if (bytes.length === part.length) return bytes;
  throw new MajlisError(`${name}: ${part.sha256} has ${bytes.length} bytes instead of ${part.length}`, {
    code: 'data_loss',
  });
}

function requireWhole({ path, sha256 }: ManifestFile, found: string): void {
  if (found === sha256) return;
  throw new MajlisError(
    `${path}: its parts have the sha256 ${found} together, and the manifest says ${sha256}`,
    {
      code: 'data_loss',
    },
  );
}
