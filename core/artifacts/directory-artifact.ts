import { rename, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { MajlisError } from '../errors.js';
import { makeFolderDurably, syncFolder } from '../runtime/durable-file.js';
import { systemFreeSpace } from '../runtime/free-space.js';
import { hashFile } from '../runtime/hash-file.js';
import { isThere } from '../runtime/is-there.js';
import { storageError, systemCode } from '../runtime/storage-error.js';
import type { ArtifactStore } from './artifact-store.js';
import { encodeManifest, PART_BYTES, readDirectoryManifest } from './directory-manifest.js';
import type { DirectoryManifest, ManifestFile } from './directory-manifest.js';
import { fetchFile } from './fetch-file.js';
import { listFiles } from './list-files.js';
import { publishFile } from './publish-file.js';

export interface PublishOptions {
  /** Of one part, in bytes; directories have one key only where they are cut alike. */
  readonly partBytes?: number;
  readonly signal?: AbortSignal;
}

/**
 * Puts every file of a directory into a store, in parts, and returns the content key that names all of it: that of a
 * manifest which goes last, so that a key which is known names a directory that is whole. Nothing larger than a few parts is
 * in memory. Links are followed to files; modes, times and empty folders are not kept.
 */
export async function publishDirectory(
  store: Pick<ArtifactStore, 'put'>,
  directory: string,
  { partBytes = PART_BYTES, signal }: PublishOptions = {},
): Promise<string> {
  const files: ManifestFile[] = [];
  for (const path of await listFiles(directory)) {
    files.push(await publishFile({ store, source: join(directory, path), path, partBytes, signal }));
  }
  if (files.length === 0) {
    throw new MajlisError(`${directory} has no files to publish`, { code: 'failed_precondition' });
  }
  return store.put(encodeManifest({ partBytes, files }, directory));
}

/**
 * Brings the directory that a content key names to `into`, and returns `into`. It appears there whole and verified, file by
 * file, or not at all: it is made beside its place under a name that holds the key, where a later attempt goes on with the
 * parts that are there. Where `into` exists it must be that directory, or it is `already_exists`. A full disk is refused
 * before anything is fetched.
 */
export async function fetchDirectory(
  store: Pick<ArtifactStore, 'get'>,
  contentKey: string,
  into: string,
  signal: AbortSignal,
): Promise<string> {
  const manifest = await readDirectoryManifest(store, contentKey);
  if (await isThere(into)) {
    await requireSame(into, manifest);
    return into;
  }
  const unfinished = join(dirname(into), `.${basename(into)}.${contentKey.slice(0, 16)}.unfinished`);
  try {
    await fill(unfinished, manifest, { store, signal });
    await rename(unfinished, into);
    await syncFolder(dirname(into));
  } catch (thrown) {
    signal.throwIfAborted();
    // Another process may have finished the same directory meanwhile, and taken the unfinished one away.
    if (!(await isThere(into))) throw storageError(into, thrown);
    await requireSame(into, manifest);
  }
  return into;
}

interface Source {
  readonly store: Pick<ArtifactStore, 'get'>;
  readonly signal: AbortSignal;
}

async function fill(folder: string, { files, partBytes }: DirectoryManifest, source: Source): Promise<void> {
  await makeFolderDurably(folder);
  await requireRoom(folder, files);
  for (const file of files) {
    const target = join(folder, file.path);
    await makeFolderDurably(dirname(target));
    await fetchFile({ ...source, file, partBytes, target });
  }
  for (const inner of new Set(files.map(({ path }) => dirname(path)))) await syncFolder(join(folder, inner));
}

/** Refuses what cannot fit, before it is fetched. */
async function requireRoom(folder: string, files: readonly ManifestFile[]): Promise<void> {
  let needed = 0;
  for (const { path, bytes } of files) needed += Math.max(0, bytes - (await sizeOf(join(folder, path))));
  const free = await systemFreeSpace.freeBytes(folder);
  if (needed <= free) return;
  throw new MajlisError(`${folder} needs ${needed} more bytes, and its volume has ${free} free`, {
    code: 'resource_exhausted',
  });
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (thrown) {
    if (systemCode(thrown) === 'ENOENT') return 0;
    throw storageError(path, thrown);
  }
}

/** Passes where the folder holds the manifest's files and no others. */
async function requireSame(folder: string, { files }: DirectoryManifest): Promise<void> {
  const wanted = new Map(files.map((file) => [file.path, file]));
  const present = await listFiles(folder);
  const missing = files.find(({ path }) => !present.includes(path));
  if (missing !== undefined) throw other(folder, `no ${missing.path}`);
  for (const path of present) {
    const file = wanted.get(path);
    if (file === undefined) throw other(folder, `${path}, which the manifest does not name`);
    const { size } = await stat(join(folder, path));
    const found = size === file.bytes ? await hashFile(join(folder, path)) : undefined;
    if (found === file.sha256) continue;
    const what =
      found === undefined
        ? `${size} bytes instead of ${file.bytes}`
        : `sha256 ${found} instead of ${file.sha256}`;
    throw other(folder, `a ${path} of ${what}`);
  }
}

function other(folder: string, what: string): MajlisError {
  return new MajlisError(`${folder} is there already and holds ${what}; remove it to fetch it again`, {
    code: 'already_exists',
  });
}
