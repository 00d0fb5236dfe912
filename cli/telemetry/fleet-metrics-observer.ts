import type { ProcessRegistry } from '../../core/telemetry/metrics/process-registry.js';
import type { FleetObserver } from '../../coordinator/fleet/worker-registry.js';

/** Counts workers of other processes that were refused, or were lost. */
export function fleetMetricsObserver(metrics: ProcessRegistry, pool: string): FleetObserver {
  const refused = metrics.counter('majlis_worker_sessions_refused_total');
  const lost = metrics.counter('majlis_workers_lost_total');
  return {
    workerRefused: (_worker, reason) => refused.inc({ pool, reason }),
    workerGone: (_worker, why) => {
      if (why === 'silent') lost.inc({ pool });
    },
  };
}
