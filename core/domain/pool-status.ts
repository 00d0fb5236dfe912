/** Where the queues of a pool stand. */
export interface PoolQueues {
  /** Tasks that wait for a worker. */
  readonly tasksPending: number;
  /** Tasks that workers hold. */
  readonly tasksLeased: number;
  /** Results that wait to be taken in. */
  readonly resultsPending: number;
  /** How many there ever were, of tasks and of results. */
  readonly deadLetters: number;
}

/** Where the work of a pool stands. */
export interface PoolStatus {
  readonly pool: string;
  /** Prompt groups that workers could have in hand at once: what the fleet is scaled by. */
  readonly demand: number;
  /** Tasks that were issued and have no result yet. */
  readonly outstanding: number;
  /** Absent while no run is at work in the pool. */
  readonly queues?: PoolQueues;
}
