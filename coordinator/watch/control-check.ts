import type { IntervalEstimate } from '../../core/math/interval-estimate.js';
import type { IterationPlan } from '../dispatch/rollout-batch.js';

/** What a check found of one policy on held-out prompts. */
export interface ControlFound {
  /** Share of prompts on which the control judge prefers its answer to the reference policy's; a tie counts half. */
  readonly winRate: IntervalEstimate;
  /** The same of the groups that its prompts tell apart, by name; too few prompts each for an interval. */
  readonly groups?: Readonly<Record<string, number>>;
  /** Mean normalized score of the same answers under the reward in force; absent where none has one. */
  readonly proxyScore?: number;
}

/** Compares the policy of an iteration with the reference policy by a judge that shares nothing with the reward. */
export interface ControlCheck {
  /** Undefined where no judge was fitted for the rubric in force. Equal plans find the same. */
  check(plan: IterationPlan, signal: AbortSignal): Promise<ControlFound | undefined>;
}
