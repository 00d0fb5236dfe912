/**
 * What the judge gateway keeps: verdicts by the content of their question, and every paid call. Two invariants. A
 * failure is never kept as a verdict. A run's calls never cost more than its budget: a call is entered with the most it
 * may cost before it is sent, and a call that was entered and never ended counts as having cost that.
 */
import type { Outcome, PairScore } from '../domain/verdict.js';

/** An outcome that answers the question, whoever asks again; failures of a judge are none. */
export type KeptOutcome = Extract<
  Outcome<PairScore>,
  { readonly kind: 'scored' | 'abstained' | 'policy_malformed' }
>;

/** A verdict as it is kept, whatever the pair was called. */
export interface Judgement {
  /** Hash of judge, question, prompt, answers and order. */
  readonly key: string;
  readonly judge: string;
  readonly rubricHash: string;
  readonly outcome: KeptOutcome;
}

/** A call that is about to be sent. Money is in millionths of the gateway's currency, whole. */
export interface NewCall {
  /** Whose budget pays. */
  readonly run: string;
  readonly judge: string;
  readonly rubricHash: string;
  readonly endpoint: string;
  readonly mostTokens: number;
  readonly mostMicros: number;
  /** All that the run may spend, ever; absent where nothing limits it. */
  readonly budgetMicros?: number;
}

/** Whether a call may be sent; a refusal says what the budget has left. */
export type CallEntry =
  | { readonly kind: 'entered'; readonly call: number }
  | { readonly kind: 'over_budget'; readonly leftMicros: number };

/**
 * How a call ended: `answered`, `failed` at no cost, or `unknown`, where nobody here can tell what it was billed and it
 * counts at its most.
 */
export type CallEnding = 'answered' | 'failed' | 'unknown';

export interface CallEnd {
  readonly call: number;
  readonly ending: CallEnding;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly costMicros: number;
}

/** A call as rate limits remember it. */
export interface RecentCall {
  readonly endpoint: string;
  readonly endedAtMs: number;
  readonly tokens: number;
}

/** Narrows a spend query; absent fields match everything. */
export interface SpendFilter {
  readonly run?: string;
  readonly judge?: string;
  readonly rubricHash?: string;
}

/** What one judge cost under one rubric in one run. */
export interface Spend {
  readonly run: string;
  readonly judge: string;
  readonly rubricHash: string;
  readonly calls: number;
  /** Those among them that failed, or whose end nobody knows. */
  readonly failedCalls: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly costMicros: number;
}

/** One writer owns a store. Every method that changes it resolves once the change is durable. */
export interface JudgementStore {
  find(key: string): Promise<KeptOutcome | undefined>;
  /** The first verdict kept under a key stays. */
  keep(judgement: Judgement): Promise<void>;
  /** Enters a call against its run's budget, or refuses it. */
  enterCall(call: NewCall): Promise<CallEntry>;
  /** Ends an entered call; one that is unknown or has ended is `failed_precondition`. */
  endCall(end: CallEnd): Promise<void>;
  /** Calls that ended at that time or later. */
  callsSince(sinceMs: number): Promise<readonly RecentCall[]>;
  /** By run, judge and rubric, in that order. */
  spend(filter: SpendFilter): Promise<readonly Spend[]>;
  /** Finishes what was called before, then gives up the store. */
  close(): Promise<void>;
}
