/** How much work there is for the rollout workers of each pool: what they should be scaled by. */
export interface FleetDemand {
  /** The pools that this process issues tasks to, by name. */
  readonly pools: readonly string[];
  /**
   * Prompt groups that workers of the pool could have in hand at once: those that wait, are leased or may still be issued,
   * no more than the window of what is out at a time. 0 where no run is at work there, or it stands paused. Does not depend on
   * how many workers there are, and not on the moment within an iteration: a pool is not scaled down while the run learns.
   * A pool that is not among `pools` is `not_found`.
   */
  demandOf(pool: string): Promise<number>;
  /** Calls the listener whenever a demand may have changed. Returns how to stop. */
  onChange(listener: () => void): () => void;
}
