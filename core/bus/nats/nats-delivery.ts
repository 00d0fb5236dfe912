import type { Msg } from 'nats';
import type { Delivery, MessageHeaders } from '../bus.js';
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
  /** Stores the message as a dead letter and removes it from its queue. */
  readonly bury: (message: Msg, reason: string) => Promise<void>;
}

/** A leased message with what may be said about it; what is said while the connection is lost waits for it. */
export function natsDelivery(
  { message, attempt, data, headers }: Leased,
  { queue, link, bury }: DeliverySurroundings,
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
    ack: () => tell('+ACK'),
    nak: (delayMs = 0) => tell(nakAfter(delayMs)),
    working: () => tell('+WPI'),
    terminate: (reason) => bury(message, reason),
  };
}

/** The word that gives a lease back, and keeps the message back for so many milliseconds. */
export function nakAfter(delayMs: number): string {
  return delayMs > 0 ? `-NAK {"delay": ${Math.round(delayMs * 1e6)}}` : '-NAK';
}
