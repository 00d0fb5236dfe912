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
}

export interface OutgoingMessage {
  /** The run that it is for. */
  readonly run: string;
  readonly dedupeId: string;
  readonly data: Uint8Array;
  /** Travel beside the bytes: the context of a trace. Names of letters, digits and dashes; values of one line. */
  readonly headers?: MessageHeaders;
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
