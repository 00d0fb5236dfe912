import type { Clock } from '../runtime/clock.js';
import type { ArtifactStore } from './artifact-store.js';
import type { CollectableStore } from './collectable-store.js';

export interface MessageArtifactsOptions {
  readonly store: ArtifactStore & CollectableStore;
  readonly clock: Clock;
  /** Told what could not be removed; it is tried again by the next process. */
  readonly onFailure: (thrown: unknown) => void;
}

/** Well above the time in which a message that was read comes again, because its reader died before the ack. */
const AFTER_READING_MS = 600_000;
/** Longer than any run waits for a message. */
const OLDEST_MS = 7 * 24 * 3_600_000;
const SWEEP_EVERY_MS = 60_000;

/**
 * Messages that are too large for the bus, in a store of their own, for whoever reads results. What was read stays for ten
 * minutes, what nobody reads for a week: the reader keeps what it accepted, and a task whose message is gone is asked again.
 */
export class MessageArtifacts implements ArtifactStore {
  /** When each was read first, by key, in that order. */
  private readonly read = new Map<string, number>();
  private readonly stopSweeping: () => void;

  private constructor(private readonly options: MessageArtifactsOptions) {
    this.stopSweeping = this.sweepLater();
  }

  /** Begins with removing what an earlier process left and nobody wanted. */
  static async open(options: MessageArtifactsOptions): Promise<MessageArtifacts> {
    const { store, clock } = options;
    for await (const { sha256, changedAtMs } of store.list()) {
      if (changedAtMs < clock.now() - OLDEST_MS) await store.remove(sha256);
    }
    return new MessageArtifacts(options);
  }

  put(bytes: Uint8Array, signal?: AbortSignal): Promise<string> {
    return this.options.store.put(bytes, signal);
  }

  async get(sha256: string, signal?: AbortSignal): Promise<Uint8Array> {
    const bytes = await this.options.store.get(sha256, signal);
    if (!this.read.has(sha256)) this.read.set(sha256, this.options.clock.monotonic());
    return bytes;
  }

  has(sha256: string): Promise<boolean> {
    return this.options.store.has(sha256);
  }

  /** Removes nothing more. */
  close(): void {
    this.stopSweeping();
  }

  private sweepLater(): () => void {
    let stop = (): void => undefined;
    const next = (): void => {
      stop = this.options.clock.alarm(SWEEP_EVERY_MS, () => {
        void this.sweep().catch(this.options.onFailure);
        next();
      });
    };
    next();
    return () => stop();
  }

  private async sweep(): Promise<void> {
    const before = this.options.clock.monotonic() - AFTER_READING_MS;
    for (const [sha256, at] of this.read) {
      if (at > before) return;
      this.read.delete(sha256);
      await this.options.store.remove(sha256);
    }
  }
}
