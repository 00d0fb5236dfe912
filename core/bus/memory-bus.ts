import { MajlisError } from '../errors.js';
import { canonicalJson } from '../runtime/content-hash.js';
import type { Clock } from '../runtime/clock.js';
import type {
  Bus,
  DeadLetter,
  DeadLetterOptions,
  Delivery,
  OutgoingMessage,
  OutgoingParcel,
  PullOptions,
  QueueSettings,
  QueueStatus,
} from './bus.js';
import type { BusObserver } from './bus-observer.js';
import { observedDelivery } from './observed-delivery.js';
import { openedParcel, packed, partsOf } from './parcel.js';
import type { BuryPart } from './parcel.js';
import { Surplus } from './surplus.js';
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
  private readonly surplus = new Map<WorkQueue, Surplus>();
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
    return this.store(queueName, message, 1);
  }

  async publishParcel(queueName: string, parcel: OutgoingParcel): Promise<{ readonly duplicate: boolean }> {
    return this.store(queueName, packed(parcel), parcel.parts.length);
  }

  async parcelSize(queueName: string): Promise<number> {
    return this.find(queueName).settings.parcelSize ?? 1;
  }

  private store(queueName: string, message: OutgoingMessage, parts: number): { readonly duplicate: boolean } {
    const queue = this.find(queueName);
    const outcome = queue.add(message, this.clock.monotonic(), parts);
    for (let part = 0; part < parts; part += 1) this.observer.published?.(queueName, outcome);
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
      const surplus = this.surplusOf(queue);
      const kept = await surplus.take(options.max);
      if (kept.length > 0) return kept;
      const now = this.clock.monotonic();
      const { parcelSize = 1 } = queue.settings;
      const leased = queue.lease(Math.max(1, Math.floor(options.max / parcelSize)), now);
      const deliveries = leased.flatMap((message) => this.deliver(queue, message));
      if (deliveries.length > 0) return surplus.cut(deliveries, options.max);
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
    const queue = this.find(queueName);
    queue.purge(run);
    this.surplusOf(queue).forget(run);
  }

  async restoreConsumer(queueName: string): Promise<void> {
    const queue = this.find(queueName);
    queue.restore();
    this.surplusOf(queue).forget();
    this.wake(queue);
  }

  /** What is still queued is lost with the bus. */
  async close(): Promise<void> {
    this.closed = true;
    for (const queue of this.queues.values()) this.wake(queue);
  }

  /** A delivery for the message, or for each part of a parcel. */
  private deliver(queue: WorkQueue, message: QueuedMessage): Delivery[] {
    const { name } = queue.settings;
    const whole = this.delivery(queue, message);
    const parts = partsOf(message.data, message.headers);
    if (parts === undefined) return [observedDelivery(whole, name, this.observer)];
    const bury: BuryPart = async ({ data }, _place, reason) => queue.bury({ run: message.run, data }, reason);
    return openedParcel(whole, parts, bury).map((part) => observedDelivery(part, name, this.observer));
  }

  private delivery(queue: WorkQueue, message: QueuedMessage): Delivery {
    return {
      run: message.run,
      data: new Uint8Array(message.data),
      headers: message.headers,
      attempt: message.deliveries,
      ack: async () => queue.remove(message),
      nak: async (delayMs = 0) => {
        queue.giveBack(message, this.clock.monotonic() + delayMs);
        this.wake(queue);
      },
      working: async () => queue.extend(message, this.clock.monotonic()),
      terminate: async (reason) => queue.kill(message, reason),
    };
  }

  private surplusOf(queue: WorkQueue): Surplus {
    const known = this.surplus.get(queue);
    if (known !== undefined) return known;
    const made = new Surplus();
    this.surplus.set(queue, made);
    return made;
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
