import { MajlisError } from '../../core/errors.js';

interface Shared<Value> {
  readonly result: Promise<Value>;
  readonly abandoned: AbortController;
  askers: number;
}

/**
 * Equal work in flight is done once. It goes on as long as anybody waits for it; its signal fires when the last one has
 * left.
 */
export class Coalesced<Value> {
  private readonly inFlight = new Map<string, Shared<Value>>();

  get size(): number {
    return this.inFlight.size;
  }

  /** The result of the work under that key; `isShared` where somebody else had begun it. A signal that fires is `cancelled`. */
  async join(
    key: string,
    work: (abandoned: AbortSignal) => Promise<Value>,
    signal: AbortSignal,
  ): Promise<{ readonly value: Value; readonly isShared: boolean }> {
    const running = this.inFlight.get(key);
    // Work that everybody has left is about to fail: whoever comes now begins anew.
    const isShared = running !== undefined && !running.abandoned.signal.aborted;
    const shared = isShared ? running : this.begin(key, work);
    shared.askers += 1;
    try {
      return { value: await unlessAborted(shared.result, signal), isShared };
    } finally {
      shared.askers -= 1;
      // Nothing is left to give up once it is done, and an abort that nobody hears is not free.
      if (shared.askers === 0 && this.inFlight.get(key) === shared) shared.abandoned.abort();
    }
  }

  /** Resolves when nothing is in flight. */
  async idle(): Promise<void> {
    while (this.inFlight.size > 0) {
      await Promise.allSettled([...this.inFlight.values()].map(({ result }) => result));
    }
  }

  private begin(key: string, work: (abandoned: AbortSignal) => Promise<Value>): Shared<Value> {
    const abandoned = new AbortController();
    const result = work(abandoned.signal).finally(() => {
      if (this.inFlight.get(key) === shared) this.inFlight.delete(key);
    });
    const shared: Shared<Value> = { result, abandoned, askers: 0 };
    // Whoever waits sees the failure; once nobody does, nobody needs to.
    result.catch(() => undefined);
    this.inFlight.set(key, shared);
    return shared;
  }
}

function unlessAborted<Value>(result: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      reject(new MajlisError('whoever asked waits no more', { code: 'cancelled', cause: signal.reason }));
    };
    if (signal.aborted) {
      leave();
      return;
    }
    signal.addEventListener('abort', leave, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}
