import type { BusObserver } from '../../bus/bus-observer.js';
import type { ProcessRegistry } from './process-registry.js';

/** Counts what the bus of this process does. */
export function busMetrics(registry: ProcessRegistry): BusObserver {
  const attempts = registry.histogram('majlis_task_attempts');
  const redelivered = registry.counter('majlis_redeliveries_total');
  const returned = registry.counter('majlis_leases_returned_total');
  const renewals = registry.counter('majlis_lease_renewals_total');
  const dead = registry.counter('majlis_dead_letters_total');
  const full = registry.counter('majlis_queue_full_total');
  const reconnects = registry.counter('majlis_bus_reconnects_total');
  return {
    published: (queue, outcome) => {
      if (outcome === 'full') full.inc({ queue });
    },
    delivered: (queue, attempt) => {
      attempts.observe({ queue }, attempt);
      if (attempt > 1) redelivered.inc({ queue });
    },
    settled: (queue, how) => {
      if (how === 'extended') renewals.inc({ queue });
      if (how === 'returned') returned.inc({ queue });
    },
    deadLettered: (queue) => dead.inc({ queue }),
    connection: ({ kind }) => {
      if (kind === 'restored') reconnects.inc();
    },
  };
}
