/**
 * Watching a run. Events are read from the ledger by sequence, so that each is seen once and in order whatever the speed of
 * the watcher: a commit only says that there may be more to read.
 */
import type { RunState } from '../../core/domain/run-state.js';
import { hasEnded } from '../../core/domain/run-state.js';
import { eventsAfter } from '../../core/ledger/events-after.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import { unknownRun } from '../../core/ledger/ledger-refusals.js';
import type { Clock } from '../../core/runtime/clock.js';
import type { WatchItem } from './run-control.js';

export interface WatchOptions {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly run: string;
  /** The last sequence that the watcher has. */
  readonly after: number;
  readonly heartbeatMs: number;
  /** False ends the watch where history ends. */
  readonly follow: boolean;
  /** Ends the watch after what is already durable. */
  readonly signal: AbortSignal;
}

/** The run's events after a sequence, then each as it becomes durable, with heartbeats between. */
export async function* watchRun(options: WatchOptions): AsyncGenerator<WatchItem, void, undefined> {
  const { ledger, clock, run, signal, heartbeatMs } = options;
  const commits = new CommitSignal();
  const stopListening = ledger.onEvents(run, () => commits.notify());
  const wake = (): void => commits.notify();
  signal.addEventListener('abort', wake);
  try {
    let last = options.after;
    for (;;) {
      commits.reset();
      const isLastRound = signal.aborted || !options.follow;
      // The state is read first: whatever it came from is among the events that are read afterwards.
      let state = await stateOf(ledger, run);
      for await (const event of eventsAfter(ledger, run, last)) {
        last = event.sequence;
        if (event.payload.kind === 'state_changed') state = event.payload.state;
        yield { kind: 'event', event };
      }
      if (hasEnded(state)) return;
      yield { kind: 'heartbeat', lastSequence: last, state };
      if (isLastRound) return;
      await commits.waitFor(clock, heartbeatMs);
    }
  } finally {
    signal.removeEventListener('abort', wake);
    stopListening();
  }
}

async function stateOf(ledger: Ledger, run: string): Promise<RunState> {
  const found = await ledger.getRun(run);
  if (found === undefined) throw unknownRun(run);
  return found.state;
}

/** Remembers that something was committed, also while nobody waits for it. */
class CommitSignal {
  private notified = new AbortController();

  notify(): void {
    this.notified.abort();
  }

  reset(): void {
    if (this.notified.signal.aborted) this.notified = new AbortController();
  }

  /** Resolves at the next commit since `reset`, or after that long. */
  async waitFor(clock: Clock, milliseconds: number): Promise<void> {
    const { signal } = this.notified;
    if (signal.aborted) return;
    try {
      await clock.sleep(milliseconds, signal);
    } catch (thrown) {
      if (!signal.aborted) throw thrown;
    }
  }
}
