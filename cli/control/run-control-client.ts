import type { PoolStatus } from '../../core/domain/pool-status.js';
import type { FleetStatus } from '../../core/domain/worker.js';
import type { RunControl } from '../../coordinator/control/run-control.js';

/** Run control as a terminal has it, until it is closed. */
export interface RunControlClient extends RunControl {
  /** Who answers: the process that owns the ledger or, where none does, the ledger file itself. */
  readonly over: 'process' | 'ledger_file';
  /** The rollout workers of that process; a ledger file has none. */
  listWorkers(): Promise<FleetStatus>;
  /** Where the work of each of that process's pools stands; a ledger file has none. */
  listPools(): Promise<readonly PoolStatus[]>;
  close(): Promise<void>;
}
