import { MajlisError } from '../../errors.js';

/** What the reply subject of a delivery says of it. */
export interface DeliveryFacts {
  readonly stream: string;
  /** Of the message in its stream; names it for good. */
  readonly sequence: number;
  /** 1 for the first delivery. */
  readonly attempt: number;
}

/**
 * Reads `$JS.ACK.stream.consumer.attempt.sequence.…`, and the form of 2.15, which has domain and account before the
 * stream (NATS ADR-15).
 */
export function deliveryFacts(reply: string): DeliveryFacts {
  const tokens = reply.split('.');
  const from = tokens.length > 9 ? 4 : 2;
  const [stream, , attempt, sequence] = tokens.slice(from, from + 4);
  const facts = { stream, sequence: Number(sequence), attempt: Number(attempt) };
  if (tokens[1] === 'ACK' && Number.isInteger(facts.sequence) && facts.attempt >= 1) return facts;
  throw new MajlisError(`a delivery has the reply subject "${reply}", which is none of JetStream's`, {
    code: 'internal',
  });
}
