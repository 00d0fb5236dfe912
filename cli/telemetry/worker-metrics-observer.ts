import type { ProcessRegistry } from '../../core/telemetry/metrics/process-registry.js';
import type { RolloutWorkerObserver } from '../../workers/rollout/rollout-worker-options.js';

const MILLISECONDS = 1000;

/** Measures what a rollout worker does that neither its engine nor its bus tells. */
export function workerMetricsObserver(metrics: ProcessRegistry): RolloutWorkerObserver {
  const drain = metrics.histogram('majlis_drain_duration_seconds');
  return { drained: (afterMs) => drain.observe(afterMs / MILLISECONDS) };
}
