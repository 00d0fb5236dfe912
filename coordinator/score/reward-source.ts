import type { Locale } from '../../core/domain/prompt.js';
import type { PolicyVersion } from '../../core/domain/policy.js';

/** The reward that a stretch of iterations is paid by. */
export interface RewardSource {
  /** For people and metric names, those of several locales joined by `+`; the hash is what counts. */
  readonly rubricId: string;
  readonly rubricHash: string;
  readonly rewardModelHash: string;
  /** Normalized reward of an answer that the policy malformed: the rubric's floor. */
  readonly floor: number;
  /** Where there are several locales: the rubric of each. The hashes above are those of all of them together. */
  readonly members?: readonly RewardSourceMember[];
}

/** Serves prompts of its locale, and of those under it. */
export interface RewardSourceMember {
  readonly locale: Locale;
  readonly rubricId: string;
  readonly rubricHash: string;
}

/**
 * Readies the reward of a rubric: judges, preferences and reward model, if they are not there yet. A rubric that
 * nobody loaded is `failed_precondition`; judges that do not answer are RewardNotReady.
 */
export interface RewardSources {
  /** `paidBefore`: the reward model that an iteration was paid by after which a run goes on; absent takes the rubric's first. */
  activate(rubricHash: string, signal: AbortSignal, paidBefore?: string): Promise<RewardSource>;
  /** The only rewards that the run still asks, until more are activated. Others take up no room, and can be activated again. */
  keep(rewards: readonly RewardSource[]): Promise<void>;
}

/**
 * Retrains a rubric's reward on what a policy answers now. The same rubric and policy give the same reward, however often
 * it is asked; judges that do not answer are RewardNotReady.
 */
export interface RewardRefresh {
  /** Iterations from one to the next. */
  readonly every: number;
  refresh(rubricHash: string, policy: PolicyVersion, signal: AbortSignal): Promise<RewardSource>;
}
