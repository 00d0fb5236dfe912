import type { Bus } from '../../core/bus/bus.js';
import type { PolicyAnnouncer } from '../../core/engine/policy-locator.js';
import type { PoolTurns } from '../../coordinator/fleet/pool-turns.js';
import type { WorkerRegistry } from '../../coordinator/fleet/worker-registry.js';

/** Rollout workers in processes of their own, as one coordinator has them. */
export interface Fleet {
  readonly pool: string;
  /** Tasks, and results, that travel as one message of the bus. */
  readonly parcelSize: number;
  readonly bus: Bus;
  readonly registry: WorkerRegistry;
  /** The pool samples for one run at a time. */
  readonly turns: PoolTurns;
  /** Aborts, with the sentence that says who has the pool now, when another coordinator took it over. */
  readonly lost: AbortSignal;
  /** What processes of this machine show, to attach and to fetch. */
  readonly localToken: string;
  /** Tells the fleet of a run's policies. */
  policiesOf(run: string): PolicyAnnouncer;
  close(): Promise<void>;
}
