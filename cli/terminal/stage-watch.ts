import type { Clock } from '../../core/runtime/clock.js';
import type { StageProgress } from '../pipeline/progress.js';
import { formatDuration } from './format-duration.js';

interface Start {
  readonly atMs: number;
  readonly done: number;
}

const SOONEST_RATE_MS = 500;

/** Knows when each stage was first heard of, and so its rate and when it will be done. */
export class StageWatch {
  private readonly starts = new Map<string, Start>();

  constructor(private readonly clock: Clock) {}

  /** One line on a stage: `SFT  120/600 steps  8.31 steps/s  ETA 58 s  loss 1.234`; at its end the time it took. */
  describe({ stage, done, all, unit, note }: StageProgress): string {
    const start = this.startOf(stage, done);
    const elapsedMs = this.clock.monotonic() - start.atMs;
    const parts = [`${stage}  ${done}/${all} ${unit}`];
    if (elapsedMs >= SOONEST_RATE_MS && done > start.done) {
      const perSecond = ((done - start.done) * 1000) / elapsedMs;
      parts.push(`${Number(perSecond.toPrecision(3))} ${unit}/s`);
      if (done < all) parts.push(`ETA ${formatDuration(((all - done) / perSecond) * 1000)}`);
    }
    if (done >= all) parts.push(`took ${formatDuration(elapsedMs)}`);
    if (note !== undefined && note !== '') parts.push(note);
    return parts.join('  ');
  }

  private startOf(stage: string, done: number): Start {
    const known = this.starts.get(stage);
    if (known !== undefined && known.done <= done) return known;
    const start = { atMs: this.clock.monotonic(), done };
    this.starts.set(stage, start);
    return start;
  }
}
