/**
 * The bus distributes work; it does not own state and may lose anything: the ledger reissues what did not come back.
 * Delivery is at least once. A message is leased to one consumer at a time; a lease that is neither acked nor
 * extended within `ackWaitMs` is delivered again, with a higher attempt number. Leases are not fenced: an ack only
 * ever means "a result is stored". A publish to a full queue is refused (`resource_exhausted`), never dropped silently.
 * A queue belongs to a pool of workers and carries the messages of every run that the pool works on.
 * An adapter owns its connection; none of its types appear here.
 */
export interface Bus {
  /**
   * Declares a work queue; declaring it again with the same settings does nothing, with others is `already_exists`.
   * The coordinator's alone: workers pull from, and publish to, what stands.
   */
  declareQueue(queue: QueueSettings): Promise<void>;
  /**
   * Resolves when the message is stored. A repeated `dedupeId` inside the queue's window is accepted and not stored
   * again. Many may be under way at a time; they are stored in the order of the calls, as far as all succeed.
   */
  publish(queue: string, message: OutgoingMessage): Promise<{ readonly duplicate: boolean }>;
  /**
   * Publishes several small messages as one parcel: all are stored, or none. What is small costs mostly its handling, and a
   * parcel is handled once. Its parts are delivered each on its own; they share their lease and their attempts. Where a
   * part is given back, or the lease runs out, parts that were acked may come again with the others.
   */
  publishParcel(queue: string, parcel: OutgoingParcel): Promise<{ readonly duplicate: boolean }>;
  /** How many parts a parcel of the queue has at most, as it was declared; 1 where messages come singly. */
  parcelSize(queue: string): Promise<number>;
  /**
   * Leases up to `max` messages, waiting until there is at least one, `waitMs` has passed (an empty array) or the
   * signal fires (rejects with `cancelled`).
   */
  pull(queue: string, options: PullOptions): Promise<readonly Delivery[]>;
  status(queue: string): Promise<QueueStatus>;
  /** Dead letters of a queue in the order of their numbers; old ones may have been forgotten. */
  deadLetters(queue: string, options: DeadLetterOptions): Promise<readonly DeadLetter[]>;
  /** Removes every message, of one run or of all, leased or not. Dead letters stay. */
  purge(queue: string, run?: string): Promise<void>;
  /**
   * For a queue that hands out nothing though it holds messages: every lease ends and every message is delivered
   * again, in the order of publishing; attempts count from 1.
   */
  restoreConsumer(queue: string): Promise<void>;
  /** Pulls that are waiting reject with `cancelled`; acks that were given are still sent. */
  close(): Promise<void>;
}

export interface QueueSettings {
  readonly name: string;
  readonly maxMessages: number;
  readonly ackWaitMs: number;
  /** After so many deliveries without an ack, a message is moved to the dead letters. */
  readonly maxDeliveries: number;
  readonly dedupeWindowMs: number;
  /** Parts that a parcel has at most; 1 unless told. A consumer should have use for so many at a time. */
  readonly parcelSize?: number;
}

export interface OutgoingMessage {
  /** The run that it is for. */
  readonly run: string;
  readonly dedupeId: string;
  readonly data: Uint8Array;
  /** Travel beside the bytes: the context of a trace. Names of letters, digits and dashes; values of one line. */
  readonly headers?: MessageHeaders;
}

/** Small messages of one run that travel as one. */
export interface OutgoingParcel {
  readonly run: string;
  readonly dedupeId: string;
  readonly parts: readonly Pick<OutgoingMessage, 'data' | 'headers'>[];
}

export type MessageHeaders = Readonly<Record<string, string>>;

export interface PullOptions {
  readonly max: number;
  readonly waitMs: number;
  readonly signal?: AbortSignal;
}

export interface Delivery {
  readonly run: string;
  readonly data: Uint8Array;
  readonly headers: MessageHeaders;
  /** 1 for the first delivery. */
  readonly attempt: number;
  /** Resolves when it is on its way: one that is lost costs a second delivery. */
  ack(): Promise<void>;
  /** Gives the lease back; the message is delivered again after `delayMs`. */
  nak(delayMs?: number): Promise<void>;
  /** Extends the lease by `ackWaitMs` from now. */
  working(): Promise<void>;
  /** Ends the message for good and records the reason in the dead letters. */
  terminate(reason: string): Promise<void>;
}

export interface QueueStatus {
  /** Where messages travel in parcels, at least as many as there are: a parcel may count as a full one. */
  readonly pending: number;
  /** What was given back, or whose lease ran out, may count as leased until it is taken again. */
  readonly leased: number;
  /** Number of the newest dead letter; 0 where there never was one. */
  readonly lastDeadLetter: number;
}

export interface DeadLetterOptions {
  /** Only letters of a higher number. */
  readonly after: number;
  readonly max: number;
}

export interface DeadLetter {
  /** Counts up from 1 in each queue. */
  readonly number: number;
  readonly run: string;
  readonly data: Uint8Array;
  readonly reason: string;
}
