import type { HealthHistory } from './health-history.js';
import type { PauseReason } from './pause-reason.js';

/** The volume that a run writes to. */
export interface DiskState {
  /** A path on it, for the sentence. */
  readonly path: string;
  readonly freeBytes: number;
  /** Bytes that one iteration writes: a policy and a checkpoint. 0 while nothing was written. */
  readonly iterationBytes: number;
}

/** One limit, compiled. Pure: looks at what is finished and says whether the run should stop. */
export type HealthCheck = (history: HealthHistory, disk: DiskState) => PauseReason | undefined;
