import type { ControlEvent, RecordedControlEvent } from '../core/domain/run.js';
import type { Ledger } from '../core/ledger/ledger.js';

const WORDS = ['resume', 'cancel'] as const;
type Word = (typeof WORDS)[number];

/**
 * What people asked of a run.
 *
 * - Events take effect at iteration boundaries, in the ledger's order, each once.
 * - The boundary is stamped in the ledger before an event takes effect, so a run that goes on from before that boundary
 *   meets the event in the same place.
 * - Nothing new takes effect before an iteration that an earlier start finished: it is repeated as it was.
 */
export class ControlEvents {
  private readonly taken = new Set<number>();
  private finished: Promise<number> | undefined;

  constructor(
    private readonly ledger: Ledger,
    private readonly run: string,
  ) {}

  /** Whether an earlier start of the run finished this iteration, so that this one only repeats it. */
  async isRepeated(iteration: number): Promise<boolean> {
    // As the ledger has it when the run goes on: what this start finishes is not repeated.
    this.finished ??= this.finishedIterations();
    return iteration < (await this.finished);
  }

  /**
   * Whether an earlier start of the run stood before this iteration, as events say that took effect there: what it found
   * when it came there, it has told.
   */
  async wasReached(iteration: number): Promise<boolean> {
    if (await this.isRepeated(iteration)) return true;
    const events = await this.ledger.controlEvents(this.run);
    return events.some(({ effectiveAt }) => effectiveAt === iteration);
  }

  /** The last iteration, this one or an earlier, before which a person resumed the run or took it back to older weights. */
  async lastFreshStart(iteration: number): Promise<number> {
    const events = await this.ledger.controlEvents(this.run);
    const boundaries = events.flatMap(({ event, effectiveAt }) =>
      effectiveAt !== undefined && effectiveAt <= iteration && isFreshStart(event) ? effectiveAt : [],
    );
    return Math.max(0, ...boundaries);
  }

  /** The events that take effect before this iteration. A second call does not return them again. */
  async due(iteration: number): Promise<readonly RecordedControlEvent[]> {
    const isRepeated = await this.isRepeated(iteration);
    const events = await this.ledger.controlEvents(this.run);
    const due = events.filter(
      (recorded) =>
        !this.taken.has(recorded.sequence) &&
        (isPending(recorded)
          ? !isRepeated && isAskedFor(recorded, iteration)
          : recorded.effectiveAt === iteration),
    );
    const pending = due.filter(isPending);
    if (pending.length > 0) {
      const sequences = pending.map(({ sequence }) => sequence);
      await this.ledger.stampControl(this.run, sequences, iteration);
    }
    for (const { sequence } of due) this.taken.add(sequence);
    return due;
  }

  /** Records what the run itself decided at this boundary; it is in force from here on. */
  async decide(event: ControlEvent, iteration: number): Promise<void> {
    const { sequence } = await this.ledger.requestControl(this.run, event);
    await this.ledger.stampControl(this.run, [sequence], iteration);
    this.taken.add(sequence);
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
        await change.happened();
      } finally {
        change.forget();
      }
    }
  }

  /**
   * Waits, between two boundaries, until a person says one of these: until the run is resumed or cancelled, unless told. The
   * event takes effect at the next boundary.
   */
  async nextWord(signal: AbortSignal, words: readonly Word[] = WORDS): Promise<Word> {
    for (;;) {
      const change = this.nextChange(signal);
      try {
        const pending = (await this.ledger.controlEvents(this.run)).filter(isPending);
        for (const { event } of pending) {
          const said = words.find((word) => word === event.kind);
          if (said !== undefined) return said;
        }
        await change.happened();
      } finally {
        change.forget();
      }
    }
  }

  private async finishedIterations(): Promise<number> {
    const iterations = await this.ledger.iterations(this.run);
    return Math.max(0, ...iterations.map(({ iteration }) => iteration + 1));
  }

  /** `happened` waits; whoever has not come to call it when the signal fires has nothing rejected behind their back. */
  private nextChange(signal: AbortSignal): { happened(): Promise<void>; forget(): void } {
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
    return {
      happened: async () => {
        await happened;
        signal.throwIfAborted();
      },
      forget,
    };
  }
}

function isPending({ effectiveAt }: RecordedControlEvent): boolean {
  return effectiveAt === undefined;
}

function isAskedFor({ event }: RecordedControlEvent, iteration: number): boolean {
  return (event.iteration ?? 0) <= iteration;
}

function isFreshStart(event: ControlEvent): boolean {
  return event.kind === 'resume' || (event.kind === 'roll_back' && 'policyVersion' in event.to);
}
