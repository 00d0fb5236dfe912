import type { IntervalEstimate } from '../../../core/math/interval-estimate.js';

/** What a set says of a policy before and after, and of the difference. */
export interface SetMeasure {
  readonly before?: IntervalEstimate;
  readonly after?: IntervalEstimate;
  /** After less before; of answers, the share of wins less a half. */
  readonly difference: IntervalEstimate;
}

/** By set: `choices` is accuracy; `answers` who wins by the run's judges. */
export interface Measures {
  readonly run: string;
  readonly choices?: SetMeasure;
  readonly answers?: SetMeasure;
}
