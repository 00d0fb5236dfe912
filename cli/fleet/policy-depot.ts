import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ArtifactStore } from '../../core/artifacts/artifact-store.js';
import { publishDirectory } from '../../core/artifacts/directory-artifact.js';
import { FileArtifacts } from '../../core/artifacts/file-artifacts.js';

/** As many as the fleet is told of. */
const KEPT = 8;

/**
 * What workers of other machines fetch: the last few announced policies, beside a workspace's own artifacts, which are where
 * everything that is put goes. A policy's directory stays the truth; the copies here go when newer ones come.
 */
export class PolicyDepot implements ArtifactStore {
  private readonly stores = new Map<string, FileArtifacts>();

  private constructor(
    private readonly folder: string,
    private readonly own: ArtifactStore,
  ) {}

  /** Empties the folder: what an earlier process offered is announced anew where it is still wanted. */
  static async open(folder: string, own: ArtifactStore): Promise<PolicyDepot> {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    return new PolicyDepot(folder, own);
  }

  /** Offers a policy's directory, and returns its content key. */
  async offer(directory: string): Promise<string> {
    const name = basename(directory);
    const store = new FileArtifacts(join(this.folder, name));
    const key = await publishDirectory(store, directory);
    this.stores.delete(name);
    this.stores.set(name, store);
    for (const old of [...this.stores.keys()].slice(0, -KEPT)) {
      this.stores.delete(old);
      await rm(join(this.folder, old), { recursive: true, force: true });
    }
    return key;
  }

  put(bytes: Uint8Array, signal?: AbortSignal): Promise<string> {
    return this.own.put(bytes, signal);
  }

  async get(sha256: string, signal?: AbortSignal): Promise<Uint8Array> {
    for (const store of this.stores.values()) if (await store.has(sha256)) return store.get(sha256);
    return this.own.get(sha256, signal);
  }

  async has(sha256: string): Promise<boolean> {
    for (const store of this.stores.values()) if (await store.has(sha256)) return true;
    return this.own.has(sha256);
  }
}
