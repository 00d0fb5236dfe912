import type { Bus } from '../../core/bus/bus.js';
import { rolloutQueueNames } from '../../core/bus/subjects.js';
import type { FleetStatus } from '../../core/domain/worker.js';
import type { Ledger } from '../../core/ledger/ledger.js';
import type { ProcessRegistry } from '../../core/telemetry/metrics/process-registry.js';
import type { Fleet } from '../fleet/fleet.js';
import type { RunDemand } from '../../coordinator/demand/run-demand.js';

export interface GaugeSources {
  readonly bus: Pick<Bus, 'status'>;
  readonly ledger: Pick<Ledger, 'outstandingTasks'>;
  readonly demand: RunDemand;
  /** Workers of other processes, where there are such. */
  readonly fleet?: Pick<Fleet, 'pool'> & { readonly registry: { status(): FleetStatus } };
}

/** Offers what a coordinator knows at the moment of a scrape. */
export function offerCoordinatorGauges(metrics: ProcessRegistry, sources: GaugeSources): void {
  const { bus, ledger, demand, fleet } = sources;
  metrics.gauge('majlis_leader').set(1);
  metrics.readGauge('majlis_fleet_demand_groups', async (gauge) => {
    for (const pool of demand.pools) gauge.set({ pool }, await demand.demandOf(pool));
  });
  metrics.readGauge('majlis_outstanding_tasks', async (gauge) => {
    for (const { run, pool } of demand.working) {
      gauge.inc({ pool }, (await ledger.outstandingTasks(run)).length);
    }
  });
  metrics.readGauge('majlis_queue_messages', async (gauge) => {
    for (const pool of new Set(demand.working.map((work) => work.pool))) {
      for (const queue of Object.values<string>({ ...rolloutQueueNames(pool) })) {
        const { pending, leased } = await bus.status(queue);
        gauge.set({ queue, state: 'pending' }, pending);
        gauge.set({ queue, state: 'leased' }, leased);
      }
    }
  });
  metrics.readGauge('majlis_workers', (gauge) => {
    if (fleet === undefined) return;
    for (const { state } of fleet.registry.status().workers) gauge.inc({ pool: fleet.pool, state });
  });
}
