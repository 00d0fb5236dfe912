/**
 * The bus of a fleet, on NATS JetStream: a work-queue stream for each queue, with one durable pull consumer.
 *
 * - Publishing resolves with the server's word that the message is stored. Acknowledgements are not answered: one that is
 *   lost costs a second delivery.
 * - A pull asks for what its caller can use now, and no more: what was fetched ahead would wait behind other work while its
 *   lease runs out.
 * - A message that was delivered too often, or that nobody can read, goes to the dead letters here, before a caller sees it.
 * - While the connection is lost, everything waits; what was under way is begun again when it is restored.
 */
import { NatsError } from 'nats';
import type { JetStreamManager, Msg } from 'nats';
import { MajlisError } from '../errors.js';
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
import { ClaimCheck } from './claim-check.js';
import { deliveryFacts } from './nats/ack-subject.js';
import { DeadLetterBox } from './nats/dead-letter-box.js';
import { plainHeaders } from './nats/message-headers.js';
import { nakAfter, natsDelivery } from './nats/nats-delivery.js';
import { observedDelivery } from './observed-delivery.js';
import { openedParcel, packed, partsOf } from './parcel.js';
import type { BuryPart } from './parcel.js';
import { Surplus } from './surplus.js';
import type { Leased } from './nats/nats-delivery.js';
import { NatsLink } from './nats/nats-link.js';
import { NatsNames, subjectOfRun } from './nats/nats-names.js';
import type { QueueAddress } from './nats/nats-names.js';
import type { NatsBusOptions } from './nats/nats-options.js';
import { publishMessage } from './nats/publish-message.js';
import type { StoredMessage } from './nats/publish-message.js';
import { pullMessages } from './nats/pull-messages.js';
import { StoredAnswers } from './nats/stored-answers.js';
import { QueueStreams } from './nats/queue-streams.js';
import type { QueueNote } from './nats/queue-streams.js';

const ROOM_FOR_HEADERS = 4096;
/** Until a message whose artifact cannot be read at the moment is delivered again. */
const RETURN_AFTER_MS = 1000;

interface Queue {
  readonly name: string;
  readonly address: QueueAddress;
  /** Known once it was declared here, or asked for. */
  note: QueueNote | undefined;
  readonly surplus: Surplus;
}

export class NatsBus implements Bus {
  private readonly observer: BusObserver;
  private readonly queues = new Map<string, Queue>();
  private readonly streams: QueueStreams;
  private readonly claims: ClaimCheck;
  private readonly answers: StoredAnswers;
  private readonly deadLetterBox: DeadLetterBox;
  private readonly closing = new AbortController();

  private constructor(
    private readonly link: NatsLink,
    private readonly names: NatsNames,
    manager: JetStreamManager,
    private readonly options: NatsBusOptions,
  ) {
    this.observer = options.observer ?? {};
    this.streams = new QueueStreams(link, manager, options.replicas ?? 1);
    this.claims = new ClaimCheck(options.artifacts, link.maxPayload - ROOM_FOR_HEADERS);
    this.answers = new StoredAnswers(link, options.inboxPrefix);
    this.deadLetterBox = new DeadLetterBox(link, manager, this.answers, this.claims);
  }

  /**
   * Connects, and keeps the connection until `close`. Rejects with `unavailable` (no server), `unauthenticated`, or
   * `failed_precondition` (no JetStream, or a server that is too old), each with what to do about it.
   */
  static async connect(options: NatsBusOptions): Promise<NatsBus> {
    const names = new NatsNames(options.release);
    const link = await NatsLink.open(options);
    return new NatsBus(link, names, await link.connection.jetstreamManager({ checkAPI: false }), options);
  }

  async declareQueue(settings: QueueSettings): Promise<void> {
    const queue = this.find(settings.name);
    await this.streams.declare(settings, queue.address);
    const { maxDeliveries, parcelSize = 1 } = settings;
    queue.note = { maxDeliveries, parcelSize };
  }

  publish(name: string, message: OutgoingMessage): Promise<{ readonly duplicate: boolean }> {
    return this.store(name, message, 1);
  }

  publishParcel(name: string, parcel: OutgoingParcel): Promise<{ readonly duplicate: boolean }> {
    return this.store(name, packed(parcel), parcel.parts.length);
  }

  /** Rejects with `unavailable` while the queue's consumer is made anew. */
  async parcelSize(name: string): Promise<number> {
    const queue = this.find(name);
    queue.note ??= await this.streams.note(queue.address);
    if (queue.note !== undefined) return queue.note.parcelSize;
    throw new MajlisError(`queue ${name} has no consumer at the moment`, { code: 'unavailable' });
  }

  private async store(
    name: string,
    message: OutgoingMessage,
    parts: number,
  ): Promise<{ readonly duplicate: boolean }> {
    const tell = (outcome: 'stored' | 'duplicate' | 'full'): void => {
      for (let part = 0; part < parts; part += 1) this.observer.published?.(name, outcome);
    };
    const { address } = this.find(name);
    const { data, headers, dedupeId, run } = this.claims.isSmall(message)
      ? message
      : await this.claims.checkedIn(message);
    const subject = subjectOfRun(address.subjects, run);
    const stored = { subject, dedupeId, data, headers: headers ?? {} };
    const send = () => this.link.call(`publishing to queue ${name}`, () => this.send(name, stored));
    try {
      const answer = await this.healing(name, send);
      tell(answer.duplicate ? 'duplicate' : 'stored');
      return answer;
    } catch (thrown) {
      const error = MajlisError.from(thrown);
      if (error.code === 'resource_exhausted') tell('full');
      throw error;
    }
  }

  async pull(name: string, options: PullOptions): Promise<readonly Delivery[]> {
    if (!(options.max >= 1)) {
      throw new MajlisError(`a pull must ask for at least 1 message, not ${options.max}`, {
        code: 'invalid_argument',
      });
    }
    const queue = this.find(name);
    if (this.link.isConnected && options.signal?.aborted !== true) {
      const kept = await queue.surplus.take(options.max);
      if (kept.length > 0) return kept;
    }
    const leaving = new AbortController();
    const leave = (): void => leaving.abort();
    if (options.signal?.aborted === true || this.closing.signal.aborted) leave();
    options.signal?.addEventListener('abort', leave);
    this.closing.signal.addEventListener('abort', leave);
    try {
      return await this.pullUntil(queue, options, leaving.signal);
    } finally {
      options.signal?.removeEventListener('abort', leave);
      this.closing.signal.removeEventListener('abort', leave);
    }
  }

  async status(name: string): Promise<QueueStatus> {
    const { address } = this.find(name);
    const [{ pending, leased }, lastDeadLetter, parts] = await Promise.all([
      this.streams.counts(address),
      this.healing(name, () => this.deadLetterBox.last(address)),
      this.parcelSize(name),
    ]);
    return { pending: pending * parts, leased: leased * parts, lastDeadLetter };
  }

  async deadLetters(name: string, options: DeadLetterOptions): Promise<readonly DeadLetter[]> {
    return this.healing(name, () => this.deadLetterBox.read(this.find(name).address, options));
  }

  async purge(name: string, run?: string): Promise<void> {
    const { address, surplus } = this.find(name);
    surplus.forget(run);
    const subject = run === undefined ? undefined : subjectOfRun(address.subjects, run);
    await this.healing(name, () => this.streams.purge(address, subject));
  }

  async restoreConsumer(name: string): Promise<void> {
    const { address, surplus } = this.find(name);
    surplus.forget();
    await this.streams.restoreConsumer(address);
  }

  async close(): Promise<void> {
    if (!this.closing.signal.aborted && this.link.isConnected) {
      await Promise.all([...this.queues.values()].map(({ surplus }) => surplus.giveBack()));
    }
    this.closing.abort();
    await this.link.close();
  }

  private async send(name: string, stored: StoredMessage): Promise<{ readonly duplicate: boolean }> {
    try {
      return await publishMessage(this.answers, stored);
    } catch (thrown) {
      const isUnheard = thrown instanceof NatsError && thrown.code === '503';
      if (!isUnheard || (await this.streams.exists(this.find(name).address))) throw thrown;
      throw new MajlisError(`queue ${name} is not declared`, { code: 'not_found', cause: thrown });
    }
  }

  private async pullUntil(
    queue: Queue,
    { max, waitMs }: PullOptions,
    signal: AbortSignal,
  ): Promise<readonly Delivery[]> {
    const { clock } = this.options;
    const deadline = clock.monotonic() + waitMs;
    const { name, address, surplus } = queue;
    for (;;) {
      if (queue.note === undefined && this.link.isConnected) queue.note = await this.streams.note(address);
      const { messages, isGone } = await pullMessages(this.link, {
        queue: name,
        subject: address.pullSubject,
        inboxPrefix: this.options.inboxPrefix,
        max: Math.max(1, Math.floor(max / (queue.note?.parcelSize ?? 1))),
        waitMs: Math.max(0, deadline - clock.monotonic()),
        signal,
      });
      if (isGone) queue.note = await this.streams.note(address);
      const alive = await this.readable(queue, messages);
      if (alive.length > 0 || messages.length === 0) return surplus.cut(alive, max);
    }
  }

  /** What could be read of them. One that failed is told only where it stands alone: it comes again. */
  private async readable(queue: Queue, messages: readonly Msg[]): Promise<readonly Delivery[]> {
    const outcomes = await Promise.allSettled(messages.map((message) => this.received(queue, message)));
    const alive = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? outcome.value : []));
    const failed = outcomes.find((outcome) => outcome.status === 'rejected');
    if (failed !== undefined && alive.length === 0) throw failed.reason;
    return alive;
  }

  /** None where no caller should see it: it is dead, or cannot be read at the moment. */
  private async received(queue: Queue, message: Msg): Promise<readonly Delivery[]> {
    const { attempt } = deliveryFacts(message.reply ?? '');
    const maxDeliveries = queue.note?.maxDeliveries ?? Infinity;
    if (attempt > maxDeliveries) {
      await this.bury(queue, message, `delivered ${maxDeliveries} times without an ack`);
      return [];
    }
    try {
      const { data, headers } = await this.claims.redeemed(message.data, plainHeaders(message.headers));
      return this.deliveries(queue, { message, attempt, data, headers });
    } catch (thrown) {
      const error = MajlisError.from(thrown);
      if (error.code === 'data_loss') await this.bury(queue, message, error.message);
      else message.respond(Buffer.from(nakAfter(RETURN_AFTER_MS)));
      if (error.code === 'data_loss' || error.isRetryable) return [];
      throw error;
    }
  }

  /** The message's, or its parts' where it is a parcel. */
  private deliveries(queue: Queue, leased: Leased): readonly Delivery[] {
    const { name, address } = queue;
    const { message, data, headers } = leased;
    const whole = natsDelivery(leased, {
      queue: name,
      link: this.link,
      bury: (dead, reason) => this.bury(queue, dead, reason),
    });
    const parts = partsOf(data, headers);
    if (parts === undefined) return [observedDelivery(whole, name, this.observer)];
    const bury: BuryPart = async (part, place, reason) => {
      await this.healing(name, () => this.deadLetterBox.store(message, { part, place }, { address, reason }));
      this.observer.deadLettered?.(name, reason);
    };
    return openedParcel(whole, parts, bury).map((part) => observedDelivery(part, name, this.observer));
  }

  private async bury({ name, address }: Queue, message: Msg, reason: string): Promise<void> {
    const letters = await this.healing(name, () => this.deadLetterBox.bury(message, address, reason));
    for (let letter = 0; letter < letters; letter += 1) this.observer.deadLettered?.(name, reason);
  }

  /** Does it, again where a stream of a queue that was declared here had vanished and was made anew. */
  private async healing<Value>(name: string, work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (thrown) {
      const isMissing = MajlisError.from(thrown).code === 'not_found';
      if (!isMissing || !(await this.streams.heal(this.find(name).address))) throw thrown;
      return work();
    }
  }

  private find(name: string): Queue {
    const known = this.queues.get(name);
    if (known !== undefined) return known;
    const queue = { name, address: this.names.queue(name), note: undefined, surplus: new Surplus() };
    this.queues.set(name, queue);
    return queue;
  }
}
