import type { ArtifactStore } from '../../core/artifacts/artifact-store.js';
import { MajlisError } from '../../core/errors.js';
import { sha256 } from '../../core/runtime/content-hash.js';

/** Artifacts in a map. */
export class MapArtifacts implements ArtifactStore {
  readonly objects = new Map<string, Uint8Array>();

  async put(bytes: Uint8Array): Promise<string> {
    const hash = sha256(bytes);
    this.objects.set(hash, bytes.slice());
    return hash;
  }

  async get(hash: string): Promise<Uint8Array> {
    const bytes = this.objects.get(hash);
    if (bytes === undefined) throw new MajlisError(`no artifact ${hash}`, { code: 'not_found' });
    return bytes;
  }

  async has(hash: string): Promise<boolean> {
    return this.objects.has(hash);
  }
}
