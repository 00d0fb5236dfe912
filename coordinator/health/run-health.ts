import type { IterationRecord } from '../../core/ledger/ledger.js';
import type { FreeSpace } from '../../core/runtime/free-space.js';
import type { HealthGuard } from './health-guard.js';
import { NO_HISTORY, startedAnew } from './health-history.js';
import type { FinishedIteration, HealthHistory } from './health-history.js';
import type { PauseReason } from './pause-reason.js';

export interface RunHealthOptions {
  readonly guard: HealthGuard;
  readonly freeSpace: FreeSpace;
  /** A path on the volume that the run writes to. */
  readonly path: string;
  /** Bytes of the newest policy and checkpoint; 0 while there is none. */
  readonly iterationBytes: () => number;
}

/** A run's health as it goes on: what the guard has to remember, and the disk it has to look at. */
export class RunHealth {
  private history: HealthHistory = NO_HISTORY;

  constructor(private readonly options: RunHealthOptions) {}

  /**
   * Takes up a run that goes on before this iteration, from its journal. `since` is the first iteration after it was last
   * resumed or rolled back.
   */
  recall(journal: readonly IterationRecord[], iteration: number, since: number): void {
    const finished = journal.filter((record) => record.iteration < iteration);
    this.history = this.options.guard.recall(finished, since);
  }

  /** Why the run should not go on after this iteration; undefined while it is well. */
  async check(finished: FinishedIteration): Promise<PauseReason | undefined> {
    const { guard, freeSpace, path, iterationBytes } = this.options;
    this.history = guard.remember(this.history, finished);
    const freeBytes = await freeSpace.freeBytes(path);
    return guard.pauseReason(this.history, { path, freeBytes, iterationBytes: iterationBytes() });
  }

  /** A person resumed the run or rolled it back: what led there counts no more. */
  startAnew(): void {
    this.history = startedAnew(this.history);
  }
}
