import type { ProcessRegistry } from '../../core/telemetry/metrics/process-registry.js';
import type { RunObserver } from '../../coordinator/run-observer.js';

/** Counts what a run that issues tasks to this pool does. Its iterations' own figures go to the metrics sinks instead. */
export function runMetricsObserver(metrics: ProcessRegistry, pool: string): RunObserver {
  const issued = metrics.counter('majlis_tasks_issued_total');
  const reissued = metrics.counter('majlis_tasks_reissued_total');
  const completed = metrics.counter('majlis_tasks_completed_total');
  const refused = metrics.counter('majlis_results_refused_total');
  const repeated = metrics.counter('majlis_results_repeated_total');
  const staleness = metrics.histogram('majlis_result_staleness_versions');
  const scores = metrics.histogram('majlis_reward_score');
  const version = metrics.gauge('majlis_policy_version');
  return {
    tasksIssued: ({ count, again }) => {
      issued.inc({ pool }, count);
      if (again) reissued.inc({ pool }, count);
    },
    tasksEnded: ({ count, end }) => completed.inc({ pool, outcome: end }, count),
    batchConsumed: (batch) => {
      completed.inc({ pool, outcome: 'consumed' }, batch.staleness.length);
      for (const behind of batch.staleness) staleness.observe({ pool }, behind);
      for (const score of batch.scores) scores.observe({ rubric: batch.rubricId }, score);
      version.set({ pool }, batch.policyVersion);
    },
    resultRefused: ({ reason }) => refused.inc({ pool, reason }),
    resultRepeated: () => repeated.inc({ pool }),
  };
}
