import { sha256 as hashOf } from '../runtime/content-hash.js';
import { missingArtifact, requireSha256 } from './artifact-refusals.js';
import type { ArtifactStore } from './artifact-store.js';

/** Artifacts that end with their process. */
export class MemoryArtifacts implements ArtifactStore {
  private readonly objects = new Map<string, Uint8Array>();

  async put(bytes: Uint8Array): Promise<string> {
    const sha256 = hashOf(bytes);
    if (!this.objects.has(sha256)) this.objects.set(sha256, new Uint8Array(bytes));
    return sha256;
  }

  async get(sha256: string): Promise<Uint8Array> {
    requireSha256(sha256);
    const bytes = this.objects.get(sha256);
    if (bytes === undefined) throw missingArtifact(sha256, 'memory');
    return new Uint8Array(bytes);
  }

  async has(sha256: string): Promise<boolean> {
    requireSha256(sha256);
    return this.objects.has(sha256);
  }
}
