import type { Locale } from '../../core/domain/prompt.js';
import type { Reward } from '../../core/domain/reward.js';
import type { Outcome } from '../../core/domain/verdict.js';
import type { RewardHashes } from '../../core/scorer/scorer.js';
import type { RewardName } from './served-rewards.js';

/** An answer to be rewarded. */
export interface AnswerToScore {
  readonly text: string;
  /** As the policy sampled them; without them a model that reads tokens tokenizes the text. [token] */
  readonly tokenIds?: readonly number[];
}

/** Answers to one prompt. */
export interface PromptToScore {
  readonly prompt: string;
  /** BCP-47; the reward's own where it is left out. */
  readonly locale?: Locale;
  /** What the prompt asks for, where the rubric's criteria tell categories apart. */
  readonly category?: string;
  /** The prompt as the policy had it. [token] */
  readonly promptTokenIds?: readonly number[];
  readonly answers: readonly AnswerToScore[];
}

/** What a client asks, over whatever transport. No items, and items without answers, are answered by as many. */
export interface RewardRequest {
  readonly reward: RewardName;
  readonly items: readonly PromptToScore[];
}

/** Every caller of a server that asks nobody who he is. */
export const ANONYMOUS = 'anonymous';

/** Who asks, and how long he waits. */
export interface RewardContext {
  /** Name of the token or the certificate; `ANONYMOUS` where nobody has to show one. Limits are by this name. */
  readonly caller: string;
  /** From now; the service's own where it is left out or longer than that. */
  readonly deadlineMs?: number;
  /** Fires when the client has gone. */
  readonly signal?: AbortSignal;
}

/** What was really used, and one outcome for each answer, in the request's order: [item][answer]. */
export interface RewardReply extends RewardHashes {
  readonly outcomes: readonly (readonly Outcome<Reward>[])[];
}

/**
 * The reward plane as servers of every transport see it. A request is served by exactly one reward, resolved once.
 *
 * Rejects with a MajlisError: `invalid_argument` for more answers than fit in one request or into the caller's limits, `failed_precondition` for a reward that is not there or does not know the locale,
 * `resource_exhausted` with `retryAfterMs` where a limit or the queue is full, `deadline_exceeded`, `cancelled`, and `unavailable`
 * while it drains. What is wrong with one prompt or answer (too long, no Unicode text) is the outcome of that answer.
 */
export interface RewardService {
  score(request: RewardRequest, context: RewardContext): Promise<RewardReply>;
}

/** What a service is doing now. */
export interface RewardServiceStatus {
  /** That wait for a model. */
  readonly requests: number;
  /** Answers that no model call has begun with. */
  readonly queuedAnswers: number;
  readonly cacheEntries: number;
  readonly cacheBytes: number;
}

/** The service with what its process needs of it. */
export interface RunningRewardService extends RewardService {
  status(): RewardServiceStatus;
  /** Takes no more requests, lets those that it has finish for so long, then fails the rest as `unavailable`. */
  drain(graceMs: number): Promise<void>;
}
