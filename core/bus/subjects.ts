import type { QueueSettings } from './bus.js';

/**
 * The topology of the bus: which queues a run has. Each run has its own, so that runs of one process, or of one
 * cluster, never take each other's work.
 */
export interface RolloutQueueNames {
  readonly tasks: string;
  readonly results: string;
}

/** Queues between the coordinator and the rollout workers of a run. */
export function rolloutQueueNames(run: string): RolloutQueueNames {
  return { tasks: `rollout-tasks-${run}`, results: `rollout-results-${run}` };
}

/** Their settings: leases of half a minute unless told, which workers extend; five deliveries, then dead letters. */
export function rolloutQueues(run: string, ackWaitMs = 30_000): readonly QueueSettings[] {
  const { tasks, results } = rolloutQueueNames(run);
  const common = { maxMessages: 4096, ackWaitMs, maxDeliveries: 5, dedupeWindowMs: 120_000 };
  return [
    { ...common, name: tasks },
    { ...common, name: results },
  ];
}
