import type { Clock } from '../../core/runtime/clock.js';

export interface RefusedResultsOptions {
  readonly clock: Clock;
  /** Of one worker, from which on it is of no use. */
  readonly most: number;
  /** How long each counts, in milliseconds. */
  readonly forgottenAfterMs: number;
}

/** Workers that are remembered; one token could otherwise fill the memory under ever new names. */
const MOST_WORKERS = 10_000;

/** The refused results of each worker, as far as they still count. */
export class RefusedResults {
  /** When they came, oldest first; who was refused last is last. */
  private readonly times = new Map<string, readonly number[]>();

  constructor(private readonly options: RefusedResultsOptions) {}

  /** How many of this worker's count now. */
  of(worker: string): number {
    return this.counting(worker).length;
  }

  /** Whether there are too many. */
  isTooMany(worker: string): boolean {
    return this.of(worker) >= this.options.most;
  }

  /** Counts one more; how many there are now. Once there are too many, more of them change nothing but for how long. */
  add(worker: string): number {
    const { clock, most } = this.options;
    const counting = [...this.counting(worker), clock.monotonic()].slice(-most);
    this.times.delete(worker);
    this.times.set(worker, counting);
    this.forget();
    return counting.length;
  }

  private counting(worker: string): readonly number[] {
    const since = this.options.clock.monotonic() - this.options.forgottenAfterMs;
    return (this.times.get(worker) ?? []).filter((at) => at > since);
  }

  private forget(): void {
    for (const worker of this.times.keys()) {
      if (this.times.size <= MOST_WORKERS && this.of(worker) > 0) return;
      this.times.delete(worker);
    }
  }
}
