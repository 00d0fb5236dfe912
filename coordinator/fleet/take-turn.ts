import type { Ledger } from '../../core/ledger/ledger.js';
import { ControlEvents } from '../control-events.js';
import type { PoolTurns } from './pool-turns.js';

/** A run that wants a pool. */
export interface WaitingRun {
  readonly turns: PoolTurns;
  readonly ledger: Ledger;
  readonly run: string;
}

/**
 * Resolves when it is the run's turn, with what ends it; `cancelled` where a person cancels the run while it waits: no
 * boundary comes that it could be cancelled at, so it leaves the line and has ended. Rejects with the signal's reason.
 */
export async function takeTurn(
  { turns, ledger, run }: WaitingRun,
  signal: AbortSignal,
): Promise<(() => void) | 'cancelled'> {
  const control = new ControlEvents(ledger, run);
  const leaving = new AbortController();
  const waiting = new AbortController();
  let isCancelled = false;
  const listening = control.nextWord(AbortSignal.any([signal, waiting.signal]), ['cancel']).then(
    () => {
      isCancelled = true;
      leaving.abort();
    },
    // What ends the waiting ends this too; a ledger that cannot be read lets nobody wait for its word.
    (thrown: unknown) => leaving.abort(thrown),
  );
  try {
    return await turns.take(AbortSignal.any([signal, leaving.signal]));
  } catch (thrown) {
    if (!isCancelled) throw thrown;
    await end(control, ledger, run);
    return 'cancelled';
  } finally {
    waiting.abort();
    await listening;
  }
}

async function end(control: ControlEvents, ledger: Ledger, run: string): Promise<void> {
  const asked = await control.due((await ledger.iterations(run)).length);
  const reason = asked.flatMap(({ event }) => (event.kind === 'cancel' ? [event.reason] : [])).at(0);
  await ledger.setRunState(run, 'cancelled', reason);
}
