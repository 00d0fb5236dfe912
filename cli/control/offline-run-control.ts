import type { PoolStatus } from '../../core/domain/pool-status.js';
import type { FleetStatus } from '../../core/domain/worker.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import type { Clock } from '../../core/runtime/clock.js';
import { LedgerRunControl } from '../../coordinator/control/ledger-run-control.js';
import type { RunControlClient } from './run-control-client.js';
import { setWithRubric } from './stored-rubric-sets.js';
import { rubricForSwap } from './stored-rubrics.js';

export interface OfflinePlace {
  readonly workspace: string;
  readonly clock: Clock;
  /** Told when the file is free again. */
  onClosed?(): void;
}

/**
 * Run control over a ledger file that no process owns. What is asked waits until the run is continued, a watch ends where
 * history ends, and the file is held only until `close`.
 */
export class OfflineRunControl extends LedgerRunControl implements RunControlClient {
  readonly over = 'ledger_file';

  constructor(
    private readonly ledger: Ledger,
    private readonly place: OfflinePlace,
  ) {
    const { workspace, clock } = place;
    super({
      ledger,
      clock,
      isAtWork: () => false,
      describeRubric: (name) => rubricForSwap(workspace, name),
      placeRubric: (inForce, hash) => setWithRubric(workspace, inForce, hash),
      followsRuns: false,
    });
  }

  async listWorkers(): Promise<FleetStatus> {
    return { workers: [], refused: {} };
  }

  async listPools(): Promise<readonly PoolStatus[]> {
    return [];
  }

  async close(): Promise<void> {
    await this.ledger.close();
    this.place.onClosed?.();
  }
}
