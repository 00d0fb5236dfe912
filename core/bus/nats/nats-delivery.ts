import type { Msg } from 'nats';
import type { Delivery, MessageHeaders } from '../bus.js';
import type { BusObserver } from '../bus-observer.js';
import { natsFailure } from './nats-failure.js';
import type { NatsLink } from './nats-link.js';
import { runOfSubject } from './nats-names.js';

export interface Leased {
  readonly message: Msg;
  readonly attempt: number;
  readonly data: Uint8Array;
  readonly headers: MessageHeaders;
}

export interface DeliverySurroundings {
  readonly queue: string;
  readonly link: NatsLink;
  readonly observer: BusObserver;
  /** Stores the message as a dead letter and removes it from its queue. */
  readonly bury: (message: Msg, reason: string) => Promise<void>;
}

/** A leased message with what may be said about it; what is said while the connection is lost waits for it. */
export function natsDelivery(
  { message, attempt, data, headers }: Leased,
  { queue, link, observer, bury }: DeliverySurroundings,
): Delivery {
  const tell = async (word: string): Promise<void> => {
    if (!link.isConnected) await link.ready();
    try {
      message.respond(Buffer.from(word));
    } catch (thrown) {
      throw natsFailure(thrown, `ending a lease of queue ${queue}`);
    }
  };
  return {
    run: runOfSubject(message.subject),
    data,
    headers,
    attempt,
    ack: async () => {
      await tell('+ACK');
      observer.settled?.(queue, 'acked');
    },
    nak: async (delayMs = 0) => {
      await tell(nakAfter(delayMs));
      observer.settled?.(queue, 'returned');
    },
    working: async () => {
      await tell('+WPI');
      observer.settled?.(queue, 'extended');
    },
    terminate: async (reason) => {
      await bury(message, reason);
      observer.settled?.(queue, 'terminated');
    },
  };
}

/** The word that gives a lease back, and keeps the message back for so many milliseconds. */
export function nakAfter(delayMs: number): string {
  return delayMs > 0 ? `-NAK {"delay": ${Math.round(delayMs * 1e6)}}` : '-NAK';
}
