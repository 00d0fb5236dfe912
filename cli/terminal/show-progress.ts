import type { Clock } from '../../core/runtime/clock.js';
import type { ProgressListener } from '../pipeline/progress.js';
import { StageWatch } from './stage-watch.js';
import type { Terminal } from './terminal.js';

const REDRAW_EVERY_MS = 100;
const LINE_EVERY_MS = 5000;
const SOONEST_LINE_MS = 1000;

/** Shows stages on a terminal: a line each that updates in place where it is live, plain lines now and then elsewhere. */
export function showProgress(terminal: Terminal, clock: Clock): ProgressListener {
  return terminal.isLive ? liveProgress(terminal, clock) : plainProgress(terminal, clock);
}

/** Stages may run side by side; one that is done moves above those that go on. */
function liveProgress(terminal: Terminal, clock: Clock): ProgressListener {
  const watch = new StageWatch(clock);
  const running = new Map<string, string>();
  let drawnAtMs = -Infinity;
  return (progress) => {
    const line = watch.describe(progress);
    if (progress.done >= progress.all) {
      running.delete(progress.stage);
      terminal.redraw([...running.values()]);
      terminal.say(line);
      return;
    }
    running.set(progress.stage, line);
    if (clock.monotonic() - drawnAtMs < REDRAW_EVERY_MS) return;
    drawnAtMs = clock.monotonic();
    terminal.redraw([...running.values()]);
  };
}

/** A stage's first and last line, and between them one every 5 s, or at every tenth that took over a second. */
function plainProgress(terminal: Terminal, clock: Clock): ProgressListener {
  const watch = new StageWatch(clock);
  const last = new Map<string, { readonly atMs: number; readonly tenth: number }>();
  return (progress) => {
    const line = watch.describe(progress);
    const { done, all } = progress;
    const tenth = Math.floor((done * 10) / all);
    const atMs = clock.monotonic();
    const earlier = last.get(progress.stage);
    if (earlier !== undefined && done < all) {
      const waitedMs = atMs - earlier.atMs;
      if (waitedMs < (tenth > earlier.tenth ? SOONEST_LINE_MS : LINE_EVERY_MS)) return;
    }
    last.set(progress.stage, { atMs, tenth });
    terminal.say(line);
  };
}
