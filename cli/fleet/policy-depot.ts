import type { ArtifactStore } from '../../core/artifacts/artifact-store.js';

/** Policies for workers beside messages that are too large for the bus, which is where everything that is put goes. */
export class PolicyDepot implements ArtifactStore {
  constructor(
    private readonly policies: Pick<ArtifactStore, 'get' | 'has'>,
    private readonly messages: ArtifactStore,
  ) {}

  put(bytes: Uint8Array, signal?: AbortSignal): Promise<string> {
    return this.messages.put(bytes, signal);
  }

  async get(sha256: string, signal?: AbortSignal): Promise<Uint8Array> {
    const store = (await this.policies.has(sha256)) ? this.policies : this.messages;
    return store.get(sha256, signal);
  }

  async has(sha256: string): Promise<boolean> {
    return (await this.policies.has(sha256)) || this.messages.has(sha256);
  }
}
