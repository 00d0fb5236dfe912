import type { Reward } from '../../core/domain/reward.js';
import type { Outcome } from '../../core/domain/verdict.js';
import type { ErrorCode } from '../../core/errors.js';
import type { RewardHashes } from '../../core/scorer/scorer.js';

/** A request that was answered. */
export interface ToldReply extends RewardHashes {
  readonly caller: string;
  readonly answers: number;
  /** Of these, answered from what was kept. */
  readonly cached: number;
  /** [item][answer] */
  readonly outcomes: readonly (readonly Outcome<Reward>[])[];
  readonly tookMs: number;
}

/** A request that was not. */
export interface RefusedRequest {
  readonly caller: string;
  readonly code: ErrorCode;
  readonly tookMs: number;
}

/** Answers that a model was given at one time, for however many requests. */
export interface ModelCall extends RewardHashes {
  readonly answers: number;
  readonly tookMs: number;
}

/** Watches a reward service at work. Whoever it is must not throw, and changes nothing. */
export interface RewardObserver {
  onReply(reply: ToldReply): void;
  onRefusal(refused: RefusedRequest): void;
  onModelCall(call: ModelCall): void;
}

/** Nobody watches. */
export const UNWATCHED_REWARDS: RewardObserver = {
  onReply: () => undefined,
  onRefusal: () => undefined,
  onModelCall: () => undefined,
};
