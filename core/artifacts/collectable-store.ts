/** An object of a store, as a listing shows it. */
export interface StoredArtifact {
  readonly sha256: string;
  readonly bytes: number;
  /** When it was put last, in milliseconds since the Unix epoch, by the store's own clock. */
  readonly changedAtMs: number;
}

/**
 * A store whose objects can be listed and removed, by whoever owns it: a client that fetches over HTTP cannot. Putting bytes
 * that are there already renews their age, so that what is needed again is not taken for old.
 */
export interface CollectableStore {
  list(): AsyncIterable<StoredArtifact>;
  /** To remove what is not there changes nothing. */
  remove(sha256: string): Promise<void>;
}
