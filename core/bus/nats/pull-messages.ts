import type { Msg } from 'nats';
import { MajlisError } from '../../errors.js';
import type { NatsLink } from './nats-link.js';
import { GIVEN_BACK, request } from './pull-request.js';
import type { PullEnd, PullOutcome } from './pull-request.js';

export interface MessagePull {
  readonly queue: string;
  readonly subject: string;
  readonly inboxPrefix: string | undefined;
  readonly max: number;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

/** A request that the server forgot is asked anew after so long; nats-server 2.9 also stalls on a purged message's nak until then. */
const LONGEST_REQUEST_MS = 1000;
const PAUSES_MS: Readonly<Record<PullEnd, number>> = {
  full: 0,
  empty: 0,
  left: 0,
  lost: 0,
  busy: 10,
  gone: 50,
};

/**
 * Leases messages as soon as there are any, and waits for them through lost connections and consumers that are made anew.
 * `gone` tells that at the end of the wait there was no consumer. Rejects with `cancelled` on the signal.
 */
export async function pullMessages(
  link: NatsLink,
  pull: MessagePull,
): Promise<{ readonly messages: readonly Msg[]; readonly isGone: boolean }> {
  const { clock } = link;
  const deadline = clock.monotonic() + pull.waitMs;
  for (;;) {
    const { end, messages } = await ask(link, pull, deadline - clock.monotonic());
    if (pull.signal.aborted) {
      for (const message of messages) message.respond(GIVEN_BACK);
      throw new MajlisError(`the pull from queue ${pull.queue} was cancelled`, { code: 'cancelled' });
    }
    const remainingMs = deadline - clock.monotonic();
    if (messages.length > 0 || remainingMs <= 0) return { messages, isGone: end === 'gone' };
    const pauseMs = link.isConnected ? PAUSES_MS[end] : remainingMs;
    await pause(link, Math.min(pauseMs, remainingMs), pull.signal);
  }
}

async function ask(link: NatsLink, pull: MessagePull, remainingMs: number): Promise<PullOutcome> {
  if (pull.signal.aborted) return { end: 'left', messages: [] };
  if (!link.isConnected) return { end: 'lost', messages: [] };
  const { subject, inboxPrefix, max, signal } = pull;
  const expiresMs = Math.min(Math.max(0, Math.ceil(remainingMs)), LONGEST_REQUEST_MS);
  return request(link, { subject, inboxPrefix, batch: max, expiresMs, signal });
}

/** Ends early when the signal fires, and when the connection is restored. */
async function pause(link: NatsLink, milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 0) return;
  const waking = new AbortController();
  const wake = (): void => waking.abort();
  const unwatch = link.watch(() => {
    if (link.isConnected) wake();
  });
  signal.addEventListener('abort', wake);
  try {
    await link.clock.sleep(milliseconds, waking.signal);
  } catch (thrown) {
    if (!waking.signal.aborted) throw thrown;
  } finally {
    signal.removeEventListener('abort', wake);
    unwatch();
  }
}
