/**
 * The dead letters of the queues, each queue's in a stream of its own, numbered by their places in it. Whoever gives a
 * message up stores it here first and only then removes it from its queue, so that it is never in neither; a letter that is
 * stored twice is one, since it is named by its message.
 */
import type { JetStreamManager, Msg, StoredMsg } from 'nats';
import type { DeadLetter, DeadLetterOptions, MessageHeaders } from '../bus.js';
import type { ClaimCheck } from '../claim-check.js';
import { MajlisError } from '../../errors.js';
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

  /** Stores the message with its reason, then removes it from its queue. */
  async bury(message: Msg, { deadSubjects }: QueueAddress, reason: string): Promise<void> {
    const { link } = this;
    const { subject, data, reply = '' } = message;
    const { stream, sequence } = deliveryFacts(reply);
    const letter = {
      subject: subjectOfRun(deadSubjects, runOfSubject(subject)),
      dedupeId: `${stream}/${sequence}`,
      data,
      headers: { ...plainHeaders(message.headers), [REASON_HEADER]: oneLine(reason) },
    };
    await link.call(`storing a dead letter of ${stream}`, () => publishMessage(this.answers, letter));
    await link.call(`removing a dead message from ${stream}`, () =>
      link.connection.request(reply, '+ACK', { timeout: ANSWER_WITHIN_MS }),
    );
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
