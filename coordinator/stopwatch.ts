import type { Clock } from '../core/runtime/clock.js';

/** Milliseconds of consecutive stages. Reported, never decided upon. */
export class Stopwatch {
  private readonly laps: Record<string, number> = {};
  private last: number;

  constructor(private readonly clock: Clock) {
    this.last = clock.monotonic();
  }

  /** Ends the stage of that name; the next one begins now. */
  lap(stage: string): void {
    const now = this.clock.monotonic();
    this.laps[stage] = now - this.last;
    this.last = now;
  }

  /** Milliseconds by stage. */
  get milliseconds(): Readonly<Record<string, number>> {
    return { ...this.laps };
  }
}
