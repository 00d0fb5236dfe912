import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256 as hashOf } from '../runtime/content-hash.js';
import { damagedArtifact, missingArtifact, requireSha256 } from './artifact-refusals.js';
import type { ArtifactStore } from './artifact-store.js';
import { makeFolderDurably, writeDurably } from '../runtime/durable-file.js';
import { storageError, systemCode } from '../runtime/storage-error.js';

/**
 * One file per object, `<folder>/<first two digits>/<sha256>`: for few and big objects such as weights. Several
 * processes may share the folder. A put that finds damaged bytes under its name replaces them.
 */
export class FileArtifacts implements ArtifactStore {
  constructor(private readonly folder: string) {}

  async put(given: Uint8Array): Promise<string> {
    // A copy, since the caller may reuse its buffer before the write begins.
    const bytes = new Uint8Array(given);
    const sha256 = hashOf(bytes);
    const path = this.pathOf(sha256);
    try {
      if (await this.isWhole(sha256)) return sha256;
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
    const path = this.pathOf(sha256);
    try {
      await access(path);
      return true;
    } catch (thrown) {
      if (systemCode(thrown) === 'ENOENT') return false;
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
