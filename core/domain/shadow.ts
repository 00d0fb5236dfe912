/** What a candidate rubric made of one iteration's answers, beside the rubric in force. It is told and never learned from. */
export interface ShadowScores {
  readonly rubricId: string;
  readonly rubricHash: string;
  readonly rewardModelHash: string;
  /** Those figures of the iteration whose names begin with `shadow/`. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The answers on which the two differ most, the clearest first. */
  readonly differences: readonly ScoreDifference[];
}

/** An answer that two rubrics pay differently; both scores are normalized rewards. */
export interface ScoreDifference {
  readonly taskId: string;
  /** Its place among the answers of its task. */
  readonly index: number;
  readonly promptId: string;
  readonly prompt: string;
  readonly answer: string;
  /** Under the rubric in force. */
  readonly active: number;
  /** Under the candidate. */
  readonly shadow: number;
}
