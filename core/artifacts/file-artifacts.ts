import { readFile, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256 as hashOf } from '../runtime/content-hash.js';
import { damagedArtifact, isSha256, missingArtifact, requireSha256 } from './artifact-refusals.js';
import type { ArtifactStore } from './artifact-store.js';
import type { CollectableStore, StoredArtifact } from './collectable-store.js';
import { systemClock } from '../runtime/clock.js';
import type { Clock } from '../runtime/clock.js';
import { makeFolderDurably, writeDurably } from '../runtime/durable-file.js';
import { namesIn } from './names-in.js';
import { isThere } from '../runtime/is-there.js';
import { storageError, systemCode } from '../runtime/storage-error.js';

const SHARD = /^[0-9a-f]{2}$/;

/**
 * One file per object, `<folder>/<first two digits>/<sha256>`: for few and big objects such as weights. Several
 * processes may share the folder. A put that finds damaged bytes under its name replaces them.
 */
export class FileArtifacts implements ArtifactStore, CollectableStore {
  constructor(
    private readonly folder: string,
    private readonly clock: Clock = systemClock,
  ) {}

  async put(given: Uint8Array): Promise<string> {
    // A copy, since the caller may reuse its buffer before the write begins.
    const bytes = new Uint8Array(given);
    const sha256 = hashOf(bytes);
    const path = this.pathOf(sha256);
    try {
      if (await this.isWhole(sha256)) {
        const now = new Date(this.clock.now());
        await utimes(path, now, now);
        return sha256;
      }
      await makeFolderDurably(dirname(path));
      await writeDurably(path, bytes);
    } catch (thrown) {
      throw storageError(path, thrown);
    }
    return sha256;
  }

  async get(sha256: string): Promise<Uint8Array> {
    requireSha256(sha256);
    const path = this.pathOf(sha256);
    const bytes = await this.read(sha256);
    if (bytes === undefined) throw missingArtifact(sha256, this.folder);
    if (hashOf(bytes) !== sha256) throw damagedArtifact(sha256, path);
    return bytes;
  }

  async has(sha256: string): Promise<boolean> {
    requireSha256(sha256);
    return isThere(this.pathOf(sha256));
  }

  async *list(): AsyncIterable<StoredArtifact> {
    for (const shard of await namesIn(this.folder)) {
      if (!SHARD.test(shard)) continue;
      for (const sha256 of await namesIn(join(this.folder, shard))) {
        const found = isSha256(sha256) ? await this.describe(sha256) : undefined;
        if (found !== undefined) yield found;
      }
    }
  }

  async remove(sha256: string): Promise<void> {
    requireSha256(sha256);
    const path = this.pathOf(sha256);
    try {
      await rm(path, { force: true });
    } catch (thrown) {
      throw storageError(path, thrown);
    }
  }

  /** Undefined where another process removed it meanwhile. */
  private async describe(sha256: string): Promise<StoredArtifact | undefined> {
    const path = this.pathOf(sha256);
    try {
      const { size, mtimeMs } = await stat(path);
      return { sha256, bytes: size, changedAtMs: mtimeMs };
    } catch (thrown) {
      if (systemCode(thrown) === 'ENOENT') return undefined;
      throw storageError(path, thrown);
    }
  }

  private async isWhole(sha256: string): Promise<boolean> {
    const bytes = await this.read(sha256);
    return bytes !== undefined && hashOf(bytes) === sha256;
  }

  private async read(sha256: string): Promise<Uint8Array | undefined> {
    const path = this.pathOf(sha256);
    try {
      return await readFile(path);
    } catch (thrown) {
      if (systemCode(thrown) === 'ENOENT') return undefined;
      throw storageError(path, thrown);
    }
  }

  private pathOf(sha256: string): string {
    return join(this.folder, sha256.slice(0, 2), sha256);
  }
}
