import { MajlisError } from '../errors.js';
import { canonicalJson } from '../runtime/content-hash.js';
import type { Clock } from '../runtime/clock.js';
import type {
  Bus,
  DeadLetter,
  DeadLetterOptions,
  Delivery,
  OutgoingMessage,
  PullOptions,
  QueueSettings,
  QueueStatus,
} from './bus.js';
import type { BusObserver } from './bus-observer.js';
import { WorkQueue } from './work-queue.js';
import type { QueuedMessage } from './work-queue.js';

/**
 * The bus of a run in one process. It makes the promises of JetStream's work queues and no others, so that nothing
 * works here that would break on NATS: an ack that comes after the lease ran out still removes the message, and so
 * does the next holder's.
 */
export class MemoryBus implements Bus {
  private readonly queues = new Map<string, WorkQueue>();
  private readonly waiting = new Map<WorkQueue, Set<() => void>>();
  private closed = false;

  constructor(
    private readonly clock: Clock,
    private readonly observer: BusObserver = {},
  ) {}

  async declareQueue(settings: QueueSettings): Promise<void> {
    this.refuseWhenClosed();
    const known = this.queues.get(settings.name);
    if (known === undefined) {
      const onDeath = (reason: string): void => this.observer.deadLettered?.(settings.name, reason);
      this.queues.set(settings.name, new WorkQueue({ ...settings }, onDeath));
    } else if (canonicalJson(known.settings) !== canonicalJson(settings)) {
      const message = `queue ${settings.name} is already declared with other settings: ${canonicalJson(known.settings)}`;
      throw new MajlisError(message, { code: 'already_exists' });
    }
  }

  async publish(queueName: string, message: OutgoingMessage): Promise<{ readonly duplicate: boolean }> {
    const queue = this.find(queueName);
    const outcome = queue.add(message, this.clock.monotonic());
    this.observer.published?.(queueName, outcome);
    if (outcome === 'full') {
      const { maxMessages } = queue.settings;
      throw new MajlisError(`queue ${queueName} is full: it holds ${maxMessages} messages`, {
        code: 'resource_exhausted',
      });
    }
    this.wake(queue);
    return { duplicate: outcome === 'duplicate' };
  }

  async pull(queueName: string, options: PullOptions): Promise<readonly Delivery[]> {
    const queue = this.find(queueName);
    if (!(options.max >= 1)) {
      throw new MajlisError(`a pull must ask for at least 1 message, not ${options.max}`, {
        code: 'invalid_argument',
      });
    }
    const deadline = this.clock.monotonic() + options.waitMs;
    for (;;) {
      this.refuseWhenCancelled(queueName, options.signal);
      const now = this.clock.monotonic();
      const leased = queue.lease(options.max, now);
      if (leased.length > 0) return leased.map((message) => this.deliver(queue, message));
      if (now >= deadline) return [];
      await this.change(queue, Math.min(deadline, queue.nextDue()) - now, options.signal);
    }
  }

  async status(queueName: string): Promise<QueueStatus> {
    return this.find(queueName).status(this.clock.monotonic());
  }

  async deadLetters(queueName: string, options: DeadLetterOptions): Promise<readonly DeadLetter[]> {
    return this.find(queueName).deadLetters(options, this.clock.monotonic());
  }

  async purge(queueName: string, run?: string): Promise<void> {
    this.find(queueName).purge(run);
  }

  async restoreConsumer(queueName: string): Promise<void> {
    const queue = this.find(queueName);
    queue.restore();
    this.wake(queue);
  }

  /** What is still queued is lost with the bus. */
  async close(): Promise<void> {
    this.closed = true;
    for (const queue of this.queues.values()) this.wake(queue);
  }

  private deliver(queue: WorkQueue, message: QueuedMessage): Delivery {
    const { name } = queue.settings;
    const { observer } = this;
    observer.delivered?.(name, message.deliveries);
    return {
      run: message.run,
      data: new Uint8Array(message.data),
      headers: message.headers,
      attempt: message.deliveries,
      ack: async () => {
        queue.remove(message);
        observer.settled?.(name, 'acked');
      },
      nak: async (delayMs = 0) => {
        queue.giveBack(message, this.clock.monotonic() + delayMs);
        observer.settled?.(name, 'returned');
        this.wake(queue);
      },
      working: async () => {
        queue.extend(message, this.clock.monotonic());
        observer.settled?.(name, 'extended');
      },
      terminate: async (reason) => {
        queue.kill(message, reason);
        observer.settled?.(name, 'terminated');
      },
    };
  }

  /** Resolves when something was put into the queue, the time is over, the signal fired or the bus was closed. */
  private async change(queue: WorkQueue, milliseconds: number, signal?: AbortSignal): Promise<void> {
    const woken = new AbortController();
    const wakers = this.waiting.get(queue) ?? new Set();
    this.waiting.set(queue, wakers);
    const wake = (): void => {
      woken.abort();
    };
    wakers.add(wake);
    signal?.addEventListener('abort', wake);
    try {
      await this.clock.sleep(milliseconds, woken.signal);
    } catch (thrown) {
      if (!woken.signal.aborted) throw thrown;
    } finally {
      signal?.removeEventListener('abort', wake);
      wakers.delete(wake);
    }
  }

  private wake(queue: WorkQueue): void {
    for (const wake of [...(this.waiting.get(queue) ?? [])]) wake();
  }

  private find(queueName: string): WorkQueue {
    this.refuseWhenClosed();
    const queue = this.queues.get(queueName);
    if (queue === undefined)
      throw new MajlisError(`queue ${queueName} is not declared`, { code: 'not_found' });
    return queue;
  }

  private refuseWhenClosed(): void {
    if (this.closed) throw new MajlisError('the bus is closed', { code: 'failed_precondition' });
  }

  private refuseWhenCancelled(queueName: string, signal?: AbortSignal): void {
    if (signal?.aborted === true || this.closed) {
      throw new MajlisError(`the pull from queue ${queueName} was cancelled`, { code: 'cancelled' });
    }
  }
}
