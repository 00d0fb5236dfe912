import type { Prompt } from '../domain/prompt.js';
import type { Reward } from '../domain/reward.js';
import type { Outcome } from '../domain/verdict.js';

/** Answers of one prompt, to be rewarded. Token ids are what the policy sampled; text is what rules read. */
export interface ScoreItem {
  readonly prompt: Prompt;
  readonly promptTokenIds: readonly number[];
  readonly answers: readonly { readonly tokenIds: readonly number[]; readonly text: string }[];
}

/** What pays: a rubric, and a reward model that learned from judgements under it. */
export interface RewardHashes {
  readonly rubricHash: string;
  readonly rewardModelHash: string;
}

/** Hashes that are not loaded are `failed_precondition`. */
export interface ScoreRequest extends RewardHashes {
  readonly items: readonly ScoreItem[];
}

/** The reward plane as the coordinator sees it. One outcome per answer, in the request's order. */
export interface Scorer {
  score(request: ScoreRequest, signal?: AbortSignal): Promise<readonly (readonly Outcome<Reward>[])[]>;
}
