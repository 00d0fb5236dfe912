import type {
  DeadLetter,
  DeadLetterOptions,
  MessageHeaders,
  OutgoingMessage,
  QueueSettings,
  QueueStatus,
} from './bus.js';
import { partsOf } from './parcel.js';

/** A message of a work queue, with the one lease it may be under. */
export interface QueuedMessage {
  readonly run: string;
  readonly headers: MessageHeaders;
  readonly data: Uint8Array;
  /** Messages that it stands for: the parts of a parcel, or itself. */
  readonly parts: number;
  /** Times it was delivered. */
  deliveries: number;
  place: 'ready' | 'leased' | 'delayed' | 'gone';
  /** Monotonic milliseconds when a lease runs out or a delay ends. */
  dueAt: number;
}

/** The newest that are remembered. */
const DEAD_LETTERS_KEPT = 1000;

/**
 * The state of one work queue, without time or waiting of its own: every method is given the present in monotonic
 * milliseconds. It keeps JetStream's rules: messages that come back go before fresh ones; a lease is not fenced, so
 * whoever holds an old delivery still speaks for the message; a duplicate is recognised before the queue's limit.
 */
export class WorkQueue {
  private readonly messages = new Set<QueuedMessage>();
  private fresh: QueuedMessage[] = [];
  private returned: QueuedMessage[] = [];
  /** Leased or delayed: what time alone can change. */
  private readonly held = new Set<QueuedMessage>();
  /** Dedupe id to the time it is forgotten; in order of that time, since all live equally long. */
  private readonly recentIds = new Map<string, number>();
  private readonly dead: DeadLetter[] = [];
  private lastDeadLetter = 0;

  /** @param onDeath told of every message that becomes a dead letter */
  constructor(
    readonly settings: QueueSettings,
    private readonly onDeath: (reason: string) => void = () => undefined,
  ) {}

  /** Stores a copy: the slice of a Buffer would share its memory. */
  add(message: OutgoingMessage, now: number, parts = 1): 'stored' | 'duplicate' | 'full' {
    this.forgetOldIds(now);
    if (this.recentIds.has(message.dedupeId)) return 'duplicate';
    this.settle(now);
    if (this.messages.size >= this.settings.maxMessages) return 'full';
    this.recentIds.set(message.dedupeId, now + this.settings.dedupeWindowMs);
    const stored: QueuedMessage = {
      run: message.run,
      headers: { ...message.headers },
      data: new Uint8Array(message.data),
      parts,
      deliveries: 0,
      place: 'ready',
      dueAt: 0,
    };
    this.messages.add(stored);
    this.fresh.push(stored);
    return 'stored';
  }

  lease(max: number, now: number): QueuedMessage[] {
    this.settle(now);
    const leased = takeReady(this.returned, max);
    leased.push(...takeReady(this.fresh, max - leased.length));
    for (const message of leased) {
      message.deliveries += 1;
      this.hold(message, 'leased', now + this.settings.ackWaitMs);
    }
    return leased;
  }

  remove(message: QueuedMessage): void {
    message.place = 'gone';
    this.messages.delete(message);
    this.held.delete(message);
  }

  /** Ends the current lease, whoever holds it; does nothing to a message that is not leased. */
  giveBack(message: QueuedMessage, dueAt: number): void {
    if (message.place === 'leased') this.hold(message, 'delayed', dueAt);
  }

  extend(message: QueuedMessage, now: number): void {
    this.settle(now);
    if (message.place === 'leased') message.dueAt = now + this.settings.ackWaitMs;
  }

  /** Does nothing to a message that is already gone. */
  kill(message: QueuedMessage, reason: string): void {
    if (message.place === 'gone') return;
    this.remove(message);
    for (const { data } of partsOf(message.data, message.headers) ?? [message]) {
      this.bury({ run: message.run, data }, reason);
    }
  }

  /** Records a message among the dead letters. */
  bury({ run, data }: Pick<DeadLetter, 'run' | 'data'>, reason: string): void {
    this.lastDeadLetter += 1;
    this.dead.push({ number: this.lastDeadLetter, run, data, reason });
    if (this.dead.length > DEAD_LETTERS_KEPT) this.dead.shift();
    this.onDeath(reason);
  }

  deadLetters({ after, max }: DeadLetterOptions, now: number): DeadLetter[] {
    this.settle(now);
    return this.dead.filter(({ number }) => number > after).slice(0, max);
  }

  /** Of one run, or of all. Dead letters and known dedupe ids stay. */
  purge(run?: string): void {
    for (const message of this.messages) if (run === undefined || message.run === run) this.remove(message);
    this.fresh = this.fresh.filter(({ place }) => place !== 'gone');
    this.returned = this.returned.filter(({ place }) => place !== 'gone');
  }

  /** Ends every lease and delay, as if nothing had been delivered yet. */
  restore(): void {
    this.held.clear();
    this.returned = [];
    this.fresh = [...this.messages];
    for (const message of this.fresh) {
      message.place = 'ready';
      message.deliveries = 0;
    }
  }

  status(now: number): QueueStatus {
    this.settle(now);
    const leased = partsIn([...this.held].filter((message) => message.place === 'leased'));
    return { pending: partsIn(this.messages) - leased, leased, lastDeadLetter: this.lastDeadLetter };
  }

  /** When time alone next makes a message available; infinite when nothing is held. */
  nextDue(): number {
    let next = Infinity;
    for (const message of this.held) next = Math.min(next, message.dueAt);
    return next;
  }

  private hold(message: QueuedMessage, place: 'leased' | 'delayed', dueAt: number): void {
    message.place = place;
    message.dueAt = dueAt;
    this.held.add(message);
  }

  /** Applies what time has done: leases that ran out and delays that ended. */
  private settle(now: number): void {
    for (const message of [...this.held].filter((held) => held.dueAt <= now)) {
      this.held.delete(message);
      if (message.deliveries >= this.settings.maxDeliveries) {
        this.kill(message, `delivered ${message.deliveries} times without an ack`);
      } else {
        message.place = 'ready';
        this.returned.push(message);
      }
    }
  }

  private forgetOldIds(now: number): void {
    for (const [id, forgottenAt] of this.recentIds) {
      if (forgottenAt > now) return;
      this.recentIds.delete(id);
    }
  }
}

function partsIn(messages: Iterable<QueuedMessage>): number {
  let sum = 0;
  for (const { parts } of messages) sum += parts;
  return sum;
}

/** Takes from the front, dropping messages that a late ack removed while they waited. */
function takeReady(queue: QueuedMessage[], max: number): QueuedMessage[] {
  const taken: QueuedMessage[] = [];
  let used = 0;
  while (taken.length < max && used < queue.length) {
    const message = queue[used];
    used += 1;
    if (message?.place === 'ready') taken.push(message);
  }
  queue.splice(0, used);
  return taken;
}
