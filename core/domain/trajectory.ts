import type { TokenizedPrompt } from './prompt.js';

/** How an answer's tokens are drawn. Majlis's PPO refuses top-p and top-k, so they do not exist here. */
export interface SamplingSettings {
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly stopTokenIds: readonly number[];
}

/** One unit of rollout work: one prompt group of fixed shape, naming by hash all that it depends on. */
export interface RolloutTask {
  /** hash(run, iteration, prompt, group); hash(run, slot) under `schedule: async`. */
  readonly id: string;
  readonly run: string;
  /** The iteration that consumes it; under `schedule: async` the one that was in progress when it was issued. */
  readonly iteration: number;
  readonly prompt: TokenizedPrompt;
  /** Number of answers in the group. */
  readonly groupSize: number;
  readonly policyVersion: number;
  readonly policyHash: string;
  readonly rubricHash: string;
  readonly rewardModelHash: string;
  /** Derives from the run's seed, the iteration and the prompt (or the slot); never from the run id. */
  readonly seed: number;
  readonly sampling: SamplingSettings;
}

/** Why an answer ended: the policy emitted a stop token, or it reached `maxNewTokens`. */
export type FinishReason = 'stop' | 'length';

/** One sampled answer. */
export interface Trajectory {
  /** Place in its group, from 0. */
  readonly index: number;
  /** What was sampled, a stop token included. [token] */
  readonly tokenIds: readonly number[];
  /** Natural log-probability of each sampled token under the behaviour policy. [token] */
  readonly logProbs: readonly number[];
  readonly finish: FinishReason;
  /** The tokens decoded, without stop token; invalid UTF-8 ends are replaced by U+FFFD. */
  readonly text: string;
}

/** The result of one rollout task. */
export interface TrajectoryGroup {
  readonly taskId: string;
  readonly policyHash: string;
  /** Engine build and CPU type; other fingerprints are refused in lockstep. */
  readonly engineFingerprint: string;
  readonly trajectories: readonly Trajectory[];
}

/** A rollout task that came back unanswered: its policy is older than what may still be sampled from. */
export interface GivenUpTask {
  readonly taskId: string;
  readonly policyVersion: number;
  /** The oldest policy version that the worker knew to be admissible. */
  readonly oldestVersion: number;
}
