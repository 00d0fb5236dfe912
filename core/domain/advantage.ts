/** What one trajectory contributes to an update; arrays are over its answer tokens. [token] */
export interface TrajectoryAdvantages {
  readonly taskId: string;
  readonly index: number;
  readonly advantages: Float32Array;
  /** Targets of the value function; absent for estimators without a critic. */
  readonly returns?: Float32Array;
  /** Loss weight per token; 0 leaves a token out. */
  readonly weights: Float32Array;
}
