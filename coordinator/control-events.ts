import type { RecordedControlEvent } from '../core/domain/run.js';
import type { Ledger } from '../core/ledger/ledger.js';

/**
 * What people asked of a run.
 *
 * - Events take effect at iteration boundaries, in the ledger's order, each once.
 * - The boundary is stamped in the ledger before an event takes effect, so a run that goes on from before that boundary
 *   meets the event in the same place.
 */
export class ControlEvents {
  private readonly taken = new Set<number>();

  constructor(
    private readonly ledger: Ledger,
    private readonly run: string,
  ) {}

  /** The events that take effect before this iteration. A second call does not return them again. */
  async due(iteration: number): Promise<readonly RecordedControlEvent[]> {
    const events = await this.ledger.controlEvents(this.run);
    const due = events.filter((recorded) => !this.taken.has(recorded.sequence) && isDue(recorded, iteration));
    const pending = due.filter(({ effectiveAt }) => effectiveAt === undefined);
    if (pending.length > 0) {
      const sequences = pending.map(({ sequence }) => sequence);
      await this.ledger.stampControl(this.run, sequences, iteration);
    }
    for (const { sequence } of due) this.taken.add(sequence);
    return due;
  }

  /** The last event in force in this iteration, by its sequence; 0 where there was none yet. */
  async inForce(iteration: number): Promise<number> {
    const events = await this.ledger.controlEvents(this.run);
    return Math.max(
      0,
      ...events
        .filter(({ effectiveAt }) => effectiveAt !== undefined && effectiveAt <= iteration)
        .map(({ sequence }) => sequence),
    );
  }

  /** The same, waiting until there is at least one. Rejects with `cancelled` on the signal. */
  async nextDue(iteration: number, signal: AbortSignal): Promise<readonly RecordedControlEvent[]> {
    for (;;) {
      // Listens before it looks, so that nothing asked in between is slept through.
      const change = this.nextChange(signal);
      try {
        const due = await this.due(iteration);
        if (due.length > 0) return due;
        await change.happened;
      } finally {
        change.forget();
      }
    }
  }

  private nextChange(signal: AbortSignal): { readonly happened: Promise<void>; forget(): void } {
    signal.throwIfAborted();
    let forget = (): void => undefined;
    const happened = new Promise<void>((resolve) => {
      const stop = this.ledger.onEvents(this.run, resolve);
      const wake = (): void => resolve();
      signal.addEventListener('abort', wake);
      forget = () => {
        stop();
        signal.removeEventListener('abort', wake);
      };
    });
    return { happened: happened.then(() => signal.throwIfAborted()), forget };
  }
}

function isDue({ event, effectiveAt }: RecordedControlEvent, iteration: number): boolean {
  return effectiveAt === undefined ? (event.iteration ?? 0) <= iteration : effectiveAt === iteration;
}
