/** The reward that a stretch of iterations is paid by. */
export interface RewardSource {
  /** For people and metric names; the hash is what counts. */
  readonly rubricId: string;
  readonly rubricHash: string;
  readonly rewardModelHash: string;
  /** Normalized reward of an answer that the policy malformed: the rubric's floor. */
  readonly floor: number;
}

/**
 * Readies the reward of a rubric: judges, preferences and reward model, if they are not there yet. A rubric that
 * nobody loaded is `failed_precondition`; judges that do not answer are RewardNotReady.
 */
export interface RewardSources {
  activate(rubricHash: string, signal: AbortSignal): Promise<RewardSource>;
}
