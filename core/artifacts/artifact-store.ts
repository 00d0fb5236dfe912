/**
 * Content-addressed bytes: payloads, weights, reports. A put is durable and whole when it resolves; reading an
 * object whose bytes no longer match its hash is `data_loss`, a missing one `not_found`. A signal ends what takes long; a
 * store that is quick may finish instead.
 */
export interface ArtifactStore {
  /** Returns the sha256 that names the bytes. Putting the same bytes again changes nothing. */
  put(bytes: Uint8Array, signal?: AbortSignal): Promise<string>;
  get(sha256: string, signal?: AbortSignal): Promise<Uint8Array>;
  has(sha256: string): Promise<boolean>;
}
