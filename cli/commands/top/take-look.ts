import type { PoolStatus } from '../../../core/domain/pool-status.js';
import { hasEnded } from '../../../core/domain/run-state.js';
import type { FleetStatus } from '../../../core/domain/worker.js';
import { MajlisError } from '../../../core/errors.js';
import type { RunSummary } from '../../../coordinator/control/run-control.js';
import type { RunControlClient } from '../../control/run-control-client.js';

/** What there is to see at one moment. */
export interface Look {
  /** Those that have not ended, then the last few that have. */
  readonly runs: readonly RunSummary[];
  readonly fleet: FleetStatus;
  /** The sentence says why the pools cannot be told now: the bus is away, for example. */
  readonly pools: readonly PoolStatus[] | string;
  /** Whether a process is at work; a ledger file alone has neither workers nor pools. */
  readonly over: RunControlClient['over'];
}

const ENDED_SHOWN = 3;

/** Asks whoever answers for all of it. */
export async function takeLook(control: RunControlClient): Promise<Look> {
  const [runs, fleet, pools] = await Promise.all([
    control.listRuns({ withProgress: true }),
    control.listWorkers(),
    poolsOf(control),
  ]);
  const going = runs.filter(({ run }) => !hasEnded(run.state));
  const ended = runs.filter(({ run }) => hasEnded(run.state)).slice(-ENDED_SHOWN);
  return { runs: [...going, ...ended], fleet, pools, over: control.over };
}

/** Runs and workers are worth showing while the bus is away. A process that is gone is told by the other questions. */
async function poolsOf(control: RunControlClient): Promise<readonly PoolStatus[] | string> {
  try {
    return await control.listPools();
  } catch (thrown) {
    return MajlisError.from(thrown).message;
  }
}
