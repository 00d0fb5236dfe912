import type { ControlEvent } from '../core/domain/run.js';
import type { Ledger } from '../core/ledger/ledger.js';

/**
 * What people asked of a run. Events take effect at iteration boundaries, in the ledger's order, each once; one that
 * names a past iteration takes effect at the next boundary.
 */
export class ControlEvents {
  private readonly applied = new Set<number>();

  constructor(
    private readonly ledger: Ledger,
    private readonly run: string,
  ) {}

  /** The events that take effect before this iteration. A second call does not return them again. */
  async due(iteration: number): Promise<readonly ControlEvent[]> {
    const events = await this.ledger.controlEvents(this.run);
    return events.filter((event, place) => {
      if (event.iteration > iteration || this.applied.has(place)) return false;
      this.applied.add(place);
      return true;
    });
  }
}
