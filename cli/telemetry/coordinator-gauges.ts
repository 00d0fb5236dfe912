import { rolloutQueueNames } from '../../core/bus/subjects.js';
import type { FleetStatus } from '../../core/domain/worker.js';
import type { ProcessRegistry } from '../../core/telemetry/metrics/process-registry.js';
import type { CertificateFiles } from '../../core/trust/certificate-files.js';
import { poolStatuses, type PoolSources } from '../../coordinator/demand/pool-status.js';
import type { Fleet } from '../fleet/fleet.js';

const MILLISECONDS = 1000;

export interface GaugeSources extends PoolSources {
  /** Workers of other processes, where there are such. */
  readonly fleet?: Pick<Fleet, 'pool'> & { readonly registry: { status(): FleetStatus } };
}

/** Offers until when the certificate is good that this process shows; nothing where it shows none. */
export function offerCertificateGauge(
  metrics: ProcessRegistry,
  tls: Pick<CertificateFiles, 'current'> | undefined,
): void {
  if (tls === undefined) return;
  metrics.readGauge('majlis_certificate_expiry_timestamp_seconds', (gauge) => {
    const { identity } = tls.current;
    if (identity !== undefined) gauge.set(identity.expiresAtMs / MILLISECONDS);
  });
}

/** Offers what a coordinator knows at the moment of a scrape. */
export function offerCoordinatorGauges(metrics: ProcessRegistry, sources: GaugeSources): void {
  const { demand, fleet } = sources;
  metrics.gauge('majlis_leader').set(1);
  metrics.readGauge('majlis_fleet_demand_groups', async (gauge) => {
    for (const pool of demand.pools) gauge.set({ pool }, await demand.demandOf(pool));
  });
  metrics.readGauge('majlis_outstanding_tasks', async (gauge) => {
    for (const { pool, outstanding } of await poolStatuses(sources)) gauge.set({ pool }, outstanding);
  });
  metrics.readGauge('majlis_queue_messages', async (gauge) => {
    for (const { pool, queues } of await poolStatuses(sources)) {
      if (queues === undefined) continue;
      const { tasks, results } = rolloutQueueNames(pool);
      gauge.set({ queue: tasks, state: 'pending' }, queues.tasksPending);
      gauge.set({ queue: tasks, state: 'leased' }, queues.tasksLeased);
      gauge.set({ queue: results, state: 'pending' }, queues.resultsPending);
    }
  });
  metrics.readGauge('majlis_workers', (gauge) => {
    if (fleet === undefined) return;
    for (const { state } of fleet.registry.status().workers) gauge.inc({ pool: fleet.pool, state });
  });
}
