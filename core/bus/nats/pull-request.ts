/**
 * One request for messages.
 *
 * - A request asks for no more than its caller has use for, and ends as soon as there is something: what it cannot use
 *   stays where others can reach it.
 * - Whoever leaves a request gives back what still arrives. The server forgets a request whose inbox is gone.
 */
import { createInbox, nanos } from 'nats';
import type { Msg, NatsError, Subscription } from 'nats';
import { nakAfter } from './nats-delivery.js';
import { forbidden, natsFailure } from './nats-failure.js';
import type { NatsLink } from './nats-link.js';

export interface PullRequest {
  readonly subject: string;
  readonly inboxPrefix: string | undefined;
  readonly batch: number;
  /** How long the server waits for a first message; 0: not at all. */
  readonly expiresMs: number;
  readonly signal: AbortSignal;
}

/**
 * Why a request ended. `empty`: nothing came in its time. `busy`: the server has too many requests at the moment. `gone`:
 * there is no consumer, at the moment or for good. `lost`: the connection was, or the server forgot it. `left`: the signal
 * fired.
 */
export type PullEnd = 'full' | 'empty' | 'busy' | 'gone' | 'lost' | 'left';

export interface PullOutcome {
  readonly end: PullEnd;
  readonly messages: readonly Msg[];
}

/** How much longer than the server a request waits for the server's word that it has ended. */
const GRACE_MS = 1000;

/** Rejects where the server refuses the request. */
export function request(link: NatsLink, asked: PullRequest): Promise<PullOutcome> {
  return new Promise((resolve, reject) => {
    const running = new RunningRequest(link, asked, { resolve, reject });
    running.begin();
  });
}

interface Settle {
  readonly resolve: (outcome: PullOutcome) => void;
  readonly reject: (error: Error) => void;
}

class RunningRequest {
  private readonly messages: Msg[] = [];
  private readonly releases: (() => void)[] = [];
  private subscription: Subscription | undefined;
  private hasEnded = false;

  constructor(
    private readonly link: NatsLink,
    private readonly asked: PullRequest,
    private readonly settle: Settle,
  ) {}

  begin(): void {
    const { connection, clock } = this.link;
    const { subject, inboxPrefix, batch, expiresMs, signal } = this.asked;
    const leave = (): void => this.leave('left');
    signal.addEventListener('abort', leave);
    this.releases.push(
      () => signal.removeEventListener('abort', leave),
      clock.alarm(expiresMs + GRACE_MS, () => this.leave('lost')),
      this.link.watch(() => this.leave('lost')),
      this.link.watchDenied((denied) => {
        if (denied === subject) this.fail(forbidden(denied));
      }),
    );
    const inbox = createInbox(inboxPrefix);
    this.subscription = connection.subscribe(inbox, {
      callback: (error, message) => this.received(error, message),
    });
    const body = { batch, no_wait: true, ...(expiresMs > 0 ? { expires: nanos(expiresMs) } : {}) };
    connection.publish(subject, JSON.stringify(body), { reply: inbox });
  }

  private received(error: NatsError | null, message: Msg): void {
    if (error !== null) return this.fail(error);
    const status = message.data.length === 0 ? message.headers?.code : undefined;
    if (status === undefined || status === 0) return this.delivered(message);
    if (this.hasEnded || status === 100) return;
    const said = message.headers?.description ?? '';
    const end = endOf(status, said);
    if (end === undefined) this.fail(new Error(`the server answered ${status} ${said}`));
    else this.end(end);
  }

  private delivered(message: Msg): void {
    if (this.hasEnded) {
      message.respond(GIVEN_BACK);
      return;
    }
    this.messages.push(message);
    if (this.messages.length >= this.asked.batch) this.end('full');
  }

  private end(end: PullEnd): void {
    if (!this.release()) return;
    this.subscription?.unsubscribe();
    this.settle.resolve({ end, messages: this.messages });
  }

  /** Ends it while the server does not know: what is on its way is given back. */
  private leave(end: 'left' | 'lost'): void {
    if (!this.release()) return;
    const settled = (): void => this.settle.resolve({ end, messages: this.messages });
    if (this.link.isConnected) this.subscription?.drain().then(settled, settled);
    else {
      this.subscription?.unsubscribe();
      settled();
    }
  }

  private fail(error: Error): void {
    if (!this.release()) return;
    this.subscription?.unsubscribe();
    this.settle.reject(natsFailure(error, `pulling by ${this.asked.subject}`));
  }

  private release(): boolean {
    if (this.hasEnded) return false;
    this.hasEnded = true;
    for (const release of this.releases) release();
    return true;
  }
}

/** The word that gives a lease back at once. */
export const GIVEN_BACK = Buffer.from(nakAfter(0));

/** By the server's status lines (nats-server, server/consumer.go). */
function endOf(status: number, said: string): PullEnd | undefined {
  switch (status) {
    case 404:
      return 'empty';
    case 408:
      return said.includes('Requests Pending') ? 'busy' : 'empty';
    case 409:
      return said.includes('Consumer Deleted') ? 'gone' : 'busy';
    case 503:
      return 'gone';
    default:
      return undefined;
  }
}
