import type { Outcome } from './verdict.js';

/** The reward of one trajectory, or the typed reason why there is none. */
export interface RewardedTrajectory {
  readonly taskId: string;
  readonly index: number;
  readonly rubricHash: string;
  readonly rewardModelHash: string;
  readonly outcome: Outcome<Reward>;
}

/** A scalar reward before and after centring and scaling on the locale's reference answers. */
export interface Reward {
  readonly raw: number;
  readonly normalized: number;
}
