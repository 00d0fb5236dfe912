/**
 * The streams behind the queues. They are made by whoever declares a queue, and never changed: a server that is told a
 * stream's settings anew may drop what it holds (nats-server #5526), so settings that differ are an error, and a person's
 * to resolve. What has vanished meanwhile, as with a server's volume, is made anew by the process that declared it: the
 * ledger issues again what was in it.
 */
import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  NatsError,
  ReplayPolicy,
  RetentionPolicy,
  StorageType,
  nanos,
} from 'nats';
import type { ConsumerConfig, ConsumerInfo, JetStreamManager, StreamConfig } from 'nats';
import { z } from 'zod';
import { MajlisError } from '../../errors.js';
import type { QueueSettings } from '../bus.js';
import type { NatsLink } from './nats-link.js';
import { CONSUMER } from './nats-names.js';
import type { QueueAddress } from './nats-names.js';

const DEAD_LETTERS_KEPT = 10_000;
const DEAD_LETTER_AGE_MS = 7 * 24 * 3600 * 1000;
/** Each free worker has a request waiting; the server's own limit is 512. */
const MOST_WAITING = 16_384;

/** JetStream's error code; a stream that is missing has another. */
const CONSUMER_NOT_FOUND = 10014;

/** What the description of a consumer tells those who did not declare it. */
const noteSchema = z.object({ maxDeliveries: z.int().min(1), parcelSize: z.int().min(1).default(1) });

export type QueueNote = z.output<typeof noteSchema>;

export class QueueStreams {
  /** By the names of their streams. */
  private readonly declared = new Map<string, QueueSettings>();

  constructor(
    private readonly link: NatsLink,
    private readonly manager: JetStreamManager,
    private readonly replicas: number,
  ) {}

  /** Makes what is missing. `already_exists` where it stands with other settings, naming the first that differs. */
  async declare(settings: QueueSettings, address: QueueAddress): Promise<void> {
    await this.declareStream(queueStream(settings, address));
    await this.declareStream(deadLetterStream(address));
    const wanted = queueConsumer(settings, address);
    const found = await this.unlessMissing(() => this.manager.consumers.info(address.stream, CONSUMER));
    if (found === undefined) await this.addConsumer(address.stream, wanted);
    else refuseDifference(`consumer ${CONSUMER} of stream ${address.stream}`, found.config, wanted);
    this.declared.set(address.stream, settings);
  }

  /** Makes what is missing of a queue that this process declared; false where another did. */
  async heal(address: QueueAddress): Promise<boolean> {
    const settings = this.declared.get(address.stream);
    if (settings !== undefined) await this.declare(settings, address);
    return settings !== undefined;
  }

  /**
   * What the queue's declarer tells its consumers; undefined while its consumer is made anew. `not_found` where the queue
   * was never declared.
   */
  async note(address: QueueAddress): Promise<QueueNote | undefined> {
    const { stream } = address;
    const found = await this.consumerOf(address);
    if (found === undefined) return undefined;
    const note = noteSchema.safeParse(parsed(found.config.description ?? ''));
    if (note.success) return note.data;
    const message = `consumer ${CONSUMER} of stream ${stream} was not made by Majlis: remove the stream`;
    throw new MajlisError(message, { code: 'failed_precondition' });
  }

  /** `unavailable` while its consumer is made anew. */
  async counts(address: QueueAddress): Promise<{ readonly pending: number; readonly leased: number }> {
    const found = await this.requireConsumer(address);
    return { pending: found.num_pending, leased: found.num_ack_pending };
  }

  async exists({ stream }: QueueAddress): Promise<boolean> {
    return (await this.unlessMissing(() => this.manager.streams.info(stream))) !== undefined;
  }

  /** Everything, or one subject's messages. */
  async purge(address: QueueAddress, subject: string | undefined): Promise<void> {
    const { stream } = address;
    const narrowed = subject === undefined ? undefined : { filter: subject };
    await this.call(() => this.manager.streams.purge(stream, narrowed));
    // nats-server 2.9 moves the consumer past the messages of the other subjects as well, and never hands them out.
    if (subject !== undefined && (await this.isStarved(address))) await this.restoreConsumer(address);
  }

  /** Its consumer is made anew, which ends every lease. `unavailable` while somebody else does that. */
  async restoreConsumer(address: QueueAddress): Promise<void> {
    const { stream } = address;
    const { config } = await this.requireConsumer(address);
    await this.unlessMissing(() => this.manager.consumers.delete(stream, CONSUMER));
    await this.addConsumer(stream, config);
  }

  /** True where the stream holds messages that its consumer knows nothing of. */
  private async isStarved(address: QueueAddress): Promise<boolean> {
    const { state } = await this.call(() => this.manager.streams.info(address.stream));
    const { pending, leased } = await this.counts(address);
    return state.messages > pending + leased;
  }

  /** Undefined where the stream is there and its consumer is not, and another process has to make it. */
  private async consumerOf(address: QueueAddress): Promise<ConsumerInfo | undefined> {
    const ask = (): Promise<ConsumerInfo> =>
      this.call(() => this.manager.consumers.info(address.stream, CONSUMER));
    try {
      return await ask();
    } catch (thrown) {
      const { code, cause } = MajlisError.from(thrown);
      if (code === 'not_found' && (await this.heal(address))) return ask();
      const isAlone = cause instanceof NatsError && cause.api_error?.err_code === CONSUMER_NOT_FOUND;
      if (isAlone) return undefined;
      throw thrown;
    }
  }

  private async requireConsumer(address: QueueAddress): Promise<ConsumerInfo> {
    const { stream } = address;
    const found = await this.consumerOf(address);
    if (found !== undefined) return found;
    throw new MajlisError(`stream ${stream} has no consumer at the moment`, { code: 'unavailable' });
  }

  private async addConsumer(stream: string, config: Partial<ConsumerConfig>): Promise<void> {
    await this.call(() => this.manager.consumers.add(stream, config));
  }

  private async declareStream(wanted: StreamSettings): Promise<void> {
    const found = await this.unlessMissing(() => this.manager.streams.info(wanted.name));
    if (found === undefined) {
      await this.call(() => this.manager.streams.add({ ...wanted, num_replicas: this.replicas }));
    } else refuseDifference(`stream ${wanted.name}`, found.config, wanted);
  }

  private async unlessMissing<Value>(operation: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await this.call(operation);
    } catch (thrown) {
      if (MajlisError.from(thrown).code === 'not_found') return undefined;
      throw thrown;
    }
  }

  private call<Value>(operation: () => Promise<Value>): Promise<Value> {
    return this.link.call('asking JetStream', operation);
  }
}

type StreamSettings = Partial<StreamConfig> & { readonly name: string };

function queueStream(settings: QueueSettings, { stream, subjects }: QueueAddress): StreamSettings {
  return {
    name: stream,
    subjects: [subjects],
    retention: RetentionPolicy.Workqueue,
    discard: DiscardPolicy.New,
    max_msgs: settings.maxMessages,
    duplicate_window: nanos(settings.dedupeWindowMs),
    storage: StorageType.File,
  };
}

function deadLetterStream({ deadStream, deadSubjects }: QueueAddress): StreamSettings {
  return {
    name: deadStream,
    subjects: [deadSubjects],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    max_msgs: DEAD_LETTERS_KEPT,
    max_age: nanos(DEAD_LETTER_AGE_MS),
    storage: StorageType.File,
  };
}

/** The server delivers without end; the bus itself buries what was delivered too often, with its bytes and a reason. */
function queueConsumer(settings: QueueSettings, { subjects }: QueueAddress): Partial<ConsumerConfig> {
  return {
    durable_name: CONSUMER,
    description: noteOf(settings),
    ack_policy: AckPolicy.Explicit,
    deliver_policy: DeliverPolicy.All,
    replay_policy: ReplayPolicy.Instant,
    filter_subject: subjects,
    ack_wait: nanos(settings.ackWaitMs),
    max_deliver: -1,
    // At the limit the server leaves requests waiting that have got something; the stream's own limit comes first.
    max_ack_pending: 2 * settings.maxMessages,
    max_waiting: MOST_WAITING,
  };
}

/** As it was before there were parcels where there are none, so that streams of that time are still the same. */
function noteOf({ maxDeliveries, parcelSize = 1 }: QueueSettings): string {
  return JSON.stringify({ maxDeliveries, ...(parcelSize > 1 ? { parcelSize } : {}) });
}

function refuseDifference(what: string, found: object, wanted: object): void {
  for (const [name, value] of Object.entries(wanted)) {
    const there = JSON.stringify(Reflect.get(found, name));
    if (there === JSON.stringify(value)) continue;
    throw new MajlisError(
      `${what} is there with ${name} ${there}, and ${JSON.stringify(value)} is wanted: ` +
        'ask for what is there, or remove it once its queue is empty',
      { code: 'already_exists' },
    );
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
