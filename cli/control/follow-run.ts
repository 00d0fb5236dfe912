/**
 * Watching a run across lost connections and restarted processes. Every event is yielded once and in order: each
 * connection asks for what follows the last sequence that was yielded, and a gap is an error, never passed over.
 */
import type { RunEvent } from '../../core/domain/run.js';
import type { RunState } from '../../core/domain/run-state.js';
import { hasEnded } from '../../core/domain/run-state.js';
import { MajlisError } from '../../core/errors.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { WatchItem } from '../../coordinator/control/run-control.js';
import type { RunControlClient } from './run-control-client.js';
import { withinSilence } from './within-silence.js';

export interface FollowOptions {
  readonly run: string;
  /** The last sequence that is known already; 0 for none. */
  readonly after: number;
  /** Who answers first; the follower closes it. */
  readonly first: RunControlClient;
  /** Finds who answers next; undefined while nobody does. */
  reconnect(): Promise<RunControlClient | undefined>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Told once per interruption, what is waited for. */
  onInterruption(sentence: string): void;
  /** Longest silence of a living connection. */
  readonly silenceMs?: number;
}

/** Four heartbeats. */
const SILENCE_MS = 12_000;
const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 5000;
/** Failures one after the other, of kinds that a lost connection does not explain, before they are believed. */
const MOST_OTHER_FAILURES = 3;

/** Yields the run's events until it has ended, or until nobody is left to continue it. */
export async function* followRun(options: FollowOptions): AsyncGenerator<RunEvent, void, undefined> {
  const seen = new Seen(options.after);
  let client: RunControlClient | undefined = options.first;
  for (let tries = 0, others = 0; ; tries += 1) {
    if (client !== undefined) {
      const before = seen.last;
      try {
        yield* eventsOf(client, options, seen);
        // A file that is read while a process is waited for ends where history ends, not where the run does.
        if (client === options.first || client.over === 'process' || seen.isOver) return;
      } catch (thrown) {
        others = seen.last > before ? 0 : others + Number(!isLostConnection(thrown));
        if (!mayComeBack(thrown, options.signal) || others >= MOST_OTHER_FAILURES) throw thrown;
        if (tries === 0 || seen.last > before) {
          options.onInterruption(interruption(thrown, seen.last));
          tries = 0;
        }
      } finally {
        await client.close();
      }
    }
    await options.clock.sleep(delayMs(tries), options.signal);
    client = await options.reconnect();
    if (client === undefined && seen.isOver) return;
  }
}

/** What one connection yields; it returns where the watch ended by itself. */
async function* eventsOf(
  client: RunControlClient,
  { run, signal, clock, silenceMs = SILENCE_MS }: FollowOptions,
  seen: Seen,
): AsyncGenerator<RunEvent, void, undefined> {
  const stop = new AbortController();
  const items = client.watchRun(run, seen.last, AbortSignal.any([signal, stop.signal]));
  try {
    for await (const item of withinSilence(items, silenceMs, clock)) {
      const event = seen.take(item);
      if (event !== undefined) yield event;
    }
  } finally {
    stop.abort();
  }
}

/** What the follower has, and the state that follows from it. */
class Seen {
  private state: RunState | undefined;

  constructor(public last: number) {}

  /** A run that failed can be continued, but not by a process that is gone. */
  get isOver(): boolean {
    return this.state !== undefined && (hasEnded(this.state) || this.state === 'failed');
  }

  /** The item's event where it is the next one; nothing for heartbeats. */
  take(item: WatchItem): RunEvent | undefined {
    if (item.kind === 'heartbeat') {
      this.state = item.state;
      return undefined;
    }
    const { event } = item;
    if (event.sequence !== this.last + 1) {
      throw new MajlisError(`event ${event.sequence} of run ${event.run} came after event ${this.last}`, {
        code: 'data_loss',
      });
    }
    this.last = event.sequence;
    if (event.payload.kind === 'state_changed') this.state = event.payload.state;
    return event;
  }
}

function isLostConnection(thrown: unknown): boolean {
  return thrown instanceof MajlisError && thrown.isRetryable;
}

/** A cut connection may also look like a cancelled call or a broken stream, depending on who cut it. */
function mayComeBack(thrown: unknown, signal: AbortSignal): boolean {
  if (signal.aborted || !(thrown instanceof MajlisError)) return false;
  return thrown.isRetryable || thrown.code === 'cancelled' || thrown.code === 'internal';
}

function interruption(thrown: unknown, last: number): string {
  const why = MajlisError.from(thrown).message;
  return `watch interrupted after event ${last} (${why}); waiting for a process that runs it`;
}

function delayMs(tries: number): number {
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(tries, 10));
}
