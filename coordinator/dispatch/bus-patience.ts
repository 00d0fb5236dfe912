import { MajlisError } from '../../core/errors.js';
import type { DispatcherOptions } from './dispatcher.js';

const RETRY_MS = 250;

/**
 * Rides out a bus that cannot be reached: the ledger knows all that is needed to go on, so a run waits for it rather than
 * fail. Told once per outage.
 */
export class BusPatience {
  private isOut = false;

  constructor(private readonly options: Pick<DispatcherOptions, 'clock' | 'observer'>) {}

  /** Does the work, and again for as long as it is `unavailable`; other failures are thrown, and so is the signal. */
  async keep<Value>(work: () => Promise<Value>, signal?: AbortSignal): Promise<Value> {
    for (;;) {
      try {
        const value = await work();
        this.isOut = false;
        return value;
      } catch (thrown) {
        const error = MajlisError.from(thrown);
        if (error.code !== 'unavailable') throw thrown;
        this.tell(error);
      }
      await this.options.clock.sleep(RETRY_MS, signal);
    }
  }

  /** Does the work once; where it is `unavailable`, says so and leaves it undone. */
  async attempt(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (thrown) {
      const error = MajlisError.from(thrown);
      if (error.code !== 'unavailable') throw thrown;
      this.tell(error);
    }
  }

  private tell({ message }: MajlisError): void {
    if (!this.isOut) this.options.observer.alarm?.({ kind: 'bus_unavailable', message });
    this.isOut = true;
  }
}
