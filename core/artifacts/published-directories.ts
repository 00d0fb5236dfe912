import { MajlisError } from '../errors.js';
import type { ArtifactStore } from './artifact-store.js';
import type { CollectableStore } from './collectable-store.js';
import { publishDirectory } from './directory-artifact.js';
import { readDirectoryManifest } from './directory-manifest.js';

export interface PublishedDirectoriesOptions {
  readonly store: ArtifactStore & CollectableStore;
  /** Directories that stay. */
  readonly keep: number;
  /** Told what could not be removed; what was published is there all the same. */
  readonly onFailure: (failure: MajlisError) => void;
}

/**
 * The directories that this process published last. When newer ones come the oldest goes, its manifest first, with the parts
 * that no kept one has. One after the other, so that none takes away what the next is about to name. Nobody else publishes
 * directories into the store that have to last: what they have in common with these would go.
 */
export class PublishedDirectories {
  /** Parts by content key, oldest first. */
  private readonly kept = new Map<string, ReadonlySet<string>>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: PublishedDirectoriesOptions) {}

  /** Publishes a directory, and returns its content key. One that is published again is the newest. */
  publish(directory: string): Promise<string> {
    const published = this.last.then(() => this.publishNext(directory));
    this.last = published.catch(() => undefined);
    return published;
  }

  private async publishNext(directory: string): Promise<string> {
    const { store, keep, onFailure } = this.options;
    const key = await publishDirectory(store, directory);
    const { files } = await readDirectoryManifest(store, key);
    this.kept.delete(key);
    this.kept.set(key, new Set(files.flatMap(({ parts }) => parts)));
    for (const old of [...this.kept.keys()].slice(0, -keep)) {
      await this.remove(old).catch((thrown: unknown) => onFailure(MajlisError.from(thrown)));
    }
    return key;
  }

  private async remove(key: string): Promise<void> {
    const parts = this.kept.get(key) ?? [];
    this.kept.delete(key);
    const wanted = new Set([...this.kept].flatMap(([other, shared]) => [other, ...shared]));
    await this.options.store.remove(key);
    for (const part of parts) if (!wanted.has(part)) await this.options.store.remove(part);
  }
}
