/** An estimate with its confidence interval, as every figure of a report is given. */
export interface IntervalEstimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Independent units it rests on: prompts, not votes or tokens. */
  readonly n: number;
}
