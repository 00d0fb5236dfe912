import type { Clock } from '../../core/runtime/clock.js';

interface Sleeper {
  readonly wakeAt: number;
  readonly wake: () => void;
}

/**
 * A clock that moves only when a test says so. `advance` wakes sleepers in the order of their deadlines and lets
 * each one's continuations run before time moves on, as they would on an idle machine.
 */
export class FakeClock implements Clock {
  private readonly sleepers = new Set<Sleeper>();
  private elapsed = 0;

  constructor(private readonly startMs = Date.UTC(2026, 0, 1)) {}

  /** How many sleeps are under way: 0 means that nothing leaked a timer. */
  get sleeping(): number {
    return this.sleepers.size;
  }

  now(): number {
    return this.startMs + this.elapsed;
  }

  monotonic(): number {
    return this.elapsed;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => {
        this.sleepers.delete(sleeper);
        reject(new DOMException('The sleep was aborted', 'AbortError'));
      };
      const wake = (): void => {
        this.sleepers.delete(sleeper);
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const sleeper = { wakeAt: this.elapsed + Math.max(0, milliseconds), wake };
      this.sleepers.add(sleeper);
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  alarm(milliseconds: number, ring: () => void): () => void {
    const sleeper: Sleeper = {
      wakeAt: this.elapsed + Math.max(0, milliseconds),
      wake: () => {
        this.sleepers.delete(sleeper);
        ring();
      },
    };
    this.sleepers.add(sleeper);
    return () => this.sleepers.delete(sleeper);
  }

  /** Moves time on and resolves when all that was due has run. */
  async advance(milliseconds: number): Promise<void> {
    const target = this.elapsed + milliseconds;
    await settle();
    for (let next = this.firstDue(target); next !== undefined; next = this.firstDue(target)) {
      this.elapsed = next.wakeAt;
      next.wake();
      await settle();
    }
    this.elapsed = target;
  }

  private firstDue(target: number): Sleeper | undefined {
    return [...this.sleepers].filter((s) => s.wakeAt <= target).sort((a, b) => a.wakeAt - b.wakeAt)[0];
  }
}

/** Resolves after every promise continuation that is ready has run. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
