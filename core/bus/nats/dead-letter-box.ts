/**
 * The dead letters of the queues, each queue's in a stream of its own, numbered by their places in it. Whoever gives a
 * message up stores it here first and only then removes it from its queue, so that it is never in neither; a letter that is
 * stored twice is one, since it is named by its message.
 */
import type { JetStreamManager, Msg, StoredMsg } from 'nats';
import type { DeadLetter, DeadLetterOptions, MessageHeaders, OutgoingMessage } from '../bus.js';
import type { ClaimCheck } from '../claim-check.js';
import { MajlisError } from '../../errors.js';
import { partsOf } from '../parcel.js';
import { deliveryFacts } from './ack-subject.js';
import { plainHeaders } from './message-headers.js';
import type { NatsLink } from './nats-link.js';
import type { QueueAddress } from './nats-names.js';
import { runOfSubject, subjectOfRun } from './nats-names.js';
import { publishMessage } from './publish-message.js';
import type { StoredAnswers } from './stored-answers.js';

const REASON_HEADER = 'Majlis-Reason';
/** A header is one line, and not the place for a stack. */
const LONGEST_REASON = 2000;
const ANSWER_WITHIN_MS = 5000;

export class DeadLetterBox {
  constructor(
    private readonly link: NatsLink,
    private readonly manager: JetStreamManager,
    private readonly answers: StoredAnswers,
    private readonly claims: ClaimCheck,
  ) {}

  /** Stores the message, or each part of a parcel, with its reason, then removes it from its queue. Tells how many letters that is. */
  async bury(message: Msg, address: QueueAddress, reason: string): Promise<number> {
    const headers = plainHeaders(message.headers);
    const parts = partsIfReadable(message.data, headers) ?? [{ data: message.data, headers }];
    for (const [place, part] of parts.entries())
      await this.store(message, { part, place }, { address, reason });
    const { reply = '' } = message;
    await this.link.call(`removing a dead message from ${address.stream}`, () =>
      this.link.connection.request(reply, '+ACK', { timeout: ANSWER_WITHIN_MS }),
    );
    return parts.length;
  }

  /** Stores one part of a message, which stays where it is. */
  async store(
    { subject, reply = '' }: Msg,
    { part, place }: { readonly part: Pick<OutgoingMessage, 'data' | 'headers'>; readonly place: number },
    { address, reason }: { readonly address: QueueAddress; readonly reason: string },
  ): Promise<void> {
    const { stream, sequence } = deliveryFacts(reply);
    const letter = {
      subject: subjectOfRun(address.deadSubjects, runOfSubject(subject)),
      dedupeId: place === 0 ? `${stream}/${sequence}` : `${stream}/${sequence}/${place}`,
      data: part.data,
      headers: { ...part.headers, [REASON_HEADER]: oneLine(reason) },
    };
    await this.link.call(`storing a dead letter of ${stream}`, () => publishMessage(this.answers, letter));
  }

  async last({ deadStream }: QueueAddress): Promise<number> {
    const { state } = await this.link.call(`looking at ${deadStream}`, () =>
      this.manager.streams.info(deadStream),
    );
    return state.last_seq;
  }

  async read(
    { deadStream }: QueueAddress,
    { after, max }: DeadLetterOptions,
  ): Promise<readonly DeadLetter[]> {
    const { state } = await this.link.call(`looking at ${deadStream}`, () =>
      this.manager.streams.info(deadStream),
    );
    // A stream that never held one begins at 0, which is no number of a letter.
    const first = Math.max(1, after + 1, state.first_seq);
    const count = Math.max(0, Math.min(max, state.last_seq - first + 1));
    const stored = await Promise.all(
      Array.from({ length: count }, (_, at) => this.stored(deadStream, first + at)),
    );
    return Promise.all(
      stored.flatMap((letter) => (letter === undefined ? [] : [asLetter(letter, this.claims)])),
    );
  }

  /** Undefined where it has been forgotten meanwhile. */
  private async stored(stream: string, seq: number): Promise<StoredMsg | undefined> {
    try {
      return await this.link.call(`reading a dead letter of ${stream}`, () =>
        this.manager.streams.getMessage(stream, { seq }),
      );
    } catch (thrown) {
      if (MajlisError.from(thrown).code === 'not_found') return undefined;
      throw thrown;
    }
  }
}

/** Undefined where it is no parcel, or a damaged one, which is buried as it is. */
function partsIfReadable(data: Uint8Array, headers: MessageHeaders): ReturnType<typeof partsOf> {
  try {
    return partsOf(data, headers);
  } catch (thrown) {
    if (MajlisError.from(thrown).code !== 'data_loss') throw thrown;
    return undefined;
  }
}

async function asLetter(letter: StoredMsg, claims: ClaimCheck): Promise<DeadLetter> {
  const kept = plainHeaders(letter.header);
  const reason = letter.header.get(REASON_HEADER);
  return {
    number: letter.seq,
    run: runOfSubject(letter.subject),
    data: await bytesOf(letter.data, kept, claims),
    reason,
  };
}

/** None where the artifact that the message stood for cannot be read: that is often why it is dead. */
async function bytesOf(data: Uint8Array, kept: MessageHeaders, claims: ClaimCheck): Promise<Uint8Array> {
  try {
    return (await claims.redeemed(data, kept)).data;
  } catch (thrown) {
    if (MajlisError.from(thrown).isRetryable) throw thrown;
    return data;
  }
}

function oneLine(reason: string): string {
  return reason.replace(/\s+/g, ' ').trim().slice(0, LONGEST_REASON);
}
