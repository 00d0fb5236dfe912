/**
 * The bus distributes work; it does not own state and may lose anything: the ledger reissues what did not come back.
 * Delivery is at least once. A message is leased to one consumer at a time; a lease that is neither acked nor
 * extended within `ackWaitMs` is delivered again, with a higher attempt number. Leases are not fenced: an ack only
 * ever means "a result is stored". A publish to a full queue is refused (`resource_exhausted`), never dropped silently.
 * An adapter owns its connection; none of its types appear here.
 */
export interface Bus {
  /** Declares a work queue; declaring it again with the same settings does nothing, with others is `already_exists`. */
  declareQueue(queue: QueueSettings): Promise<void>;
  /** Resolves when the message is stored. A repeated `dedupeId` inside the queue's window is accepted and not stored again. */
  publish(queue: string, message: OutgoingMessage): Promise<{ readonly duplicate: boolean }>;
  /**
   * Leases up to `max` messages, waiting until there is at least one, `waitMs` has passed (an empty array) or the
   * signal fires (rejects with `cancelled`).
   */
  pull(queue: string, options: PullOptions): Promise<readonly Delivery[]>;
  status(queue: string): Promise<QueueStatus>;
  /** Removes every message, leased or not. */
  purge(queue: string): Promise<void>;
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
  readonly dedupeId: string;
  readonly data: Uint8Array;
}

export interface PullOptions {
  readonly max: number;
  readonly waitMs: number;
  readonly signal?: AbortSignal;
}

export interface Delivery {
  readonly data: Uint8Array;
  /** 1 for the first delivery. */
  readonly attempt: number;
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
  readonly leased: number;
  readonly deadLetters: readonly { readonly data: Uint8Array; readonly reason: string }[];
}
