/**
 * What the server answers to publishes, many of them under way at a time. It is what the client's own requests are, with
 * one timer for all: those make a timer, and an error with its stack, for every message.
 */
import { ErrorCode, NatsError, createInbox } from 'nats';
import type { Msg, MsgHdrs } from 'nats';
import { MajlisError } from '../../errors.js';
import { forbidden } from './nats-failure.js';
import type { NatsLink } from './nats-link.js';

const ANSWER_WITHIN_MS = 5000;

interface Waiting {
  readonly subject: string;
  /** Monotonic milliseconds. */
  readonly sentAt: number;
  readonly resolve: (answer: Msg) => void;
  readonly reject: (error: Error) => void;
}

export class StoredAnswers {
  private readonly inbox: string;
  /** In the order of sending. */
  private readonly waiting = new Map<string, Waiting>();
  private sent = 0;
  private stopTimer: (() => void) | undefined;

  constructor(
    private readonly link: NatsLink,
    inboxPrefix: string | undefined,
  ) {
    this.inbox = `${createInbox(inboxPrefix)}.`;
    link.connection.subscribe(`${this.inbox}*`, {
      callback: (error, answer) => {
        if (error === null) this.answered(answer);
        else this.failAll(error);
      },
    });
    link.watch(() => this.forget());
    link.watchDenied((subject) => this.denied(subject));
  }

  /**
   * Resolves with the answer. Rejects with `unavailable` where there is none in time. When the connection is lost it never
   * settles: whoever asks has to watch for that.
   */
  send(subject: string, data: Uint8Array, headers: MsgHdrs): Promise<Msg> {
    const { connection, clock } = this.link;
    this.sent += 1;
    const token = String(this.sent);
    return new Promise((resolve, reject) => {
      connection.publish(subject, data, { reply: `${this.inbox}${token}`, headers });
      this.waiting.set(token, { subject, sentAt: clock.monotonic(), resolve, reject });
      this.stopTimer ??= clock.alarm(ANSWER_WITHIN_MS, () => this.expire());
    });
  }

  private answered(answer: Msg): void {
    const token = answer.subject.slice(this.inbox.length);
    const waiting = this.waiting.get(token);
    if (waiting === undefined) return;
    this.waiting.delete(token);
    if (this.waiting.size === 0) this.forget();
    if (answer.data.length > 0) waiting.resolve(answer);
    else waiting.reject(NatsError.errorForCode(ErrorCode.NoResponders));
  }

  private expire(): void {
    this.stopTimer = undefined;
    const { clock } = this.link;
    const tooOld = clock.monotonic() - ANSWER_WITHIN_MS;
    for (const [token, { sentAt, reject }] of this.waiting) {
      if (sentAt > tooOld) break;
      this.waiting.delete(token);
      reject(new MajlisError('the NATS server did not answer in time', { code: 'unavailable' }));
    }
    if (this.waiting.size > 0) this.stopTimer = clock.alarm(ANSWER_WITHIN_MS, () => this.expire());
  }

  private denied(subject: string): void {
    for (const [token, waiting] of this.waiting) {
      if (waiting.subject !== subject) continue;
      this.waiting.delete(token);
      waiting.reject(forbidden(subject));
    }
  }

  private failAll(error: Error): void {
    for (const { reject } of this.waiting.values()) reject(error);
    this.forget();
  }

  private forget(): void {
    this.waiting.clear();
    this.stopTimer?.();
    this.stopTimer = undefined;
  }
}
