import type { QueueSettings } from './bus.js';

/**
 * The topology of the bus: which queues a pool of rollout workers has. Each pool has its own, so that pools never take
 * each other's work. In one process every run is its own pool.
 */
export interface RolloutQueueNames {
  readonly tasks: string;
  readonly results: string;
}

/** Queues between the coordinator and the rollout workers of a pool. */
export function rolloutQueueNames(pool: string): RolloutQueueNames {
  return { tasks: `tasks.${pool}`, results: `results.${pool}` };
}

export interface RolloutQueueOptions {
  /** How long a task is leased unless its worker extends it; half a minute unless told. */
  readonly ackWaitMs?: number;
  /** Tasks, and results, that travel together; 1 unless told. */
  readonly parcelSize?: number;
}

/** Their settings: five deliveries, then dead letters. */
export function rolloutQueues(
  pool: string,
  { ackWaitMs = 30_000, parcelSize = 1 }: RolloutQueueOptions = {},
): readonly QueueSettings[] {
  const { tasks, results } = rolloutQueueNames(pool);
  const common = { maxMessages: 4096, ackWaitMs, maxDeliveries: 5, dedupeWindowMs: 120_000, parcelSize };
  return [
    { ...common, name: tasks },
    { ...common, name: results },
  ];
}
