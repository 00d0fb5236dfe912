import type { Outcome, PairScore } from '../../core/domain/verdict.js';
import type { ChatReply, ChatUsage } from '../judge/chat-call.js';

/** A question that was told its verdict. */
export interface ToldVerdict {
  readonly judge: string;
  /** As in a GatewayAnswer. */
  readonly source: 'cache' | 'shared' | 'judge';
  readonly outcome: Outcome<PairScore>['kind'];
  /** From the question to the verdict. */
  readonly tookMs: number;
}

/** A call that was sent and has ended, with what it was charged. */
export interface EndedCall {
  readonly run: string;
  readonly judge: string;
  readonly endpoint: string;
  readonly reply: ChatReply;
  readonly usage: ChatUsage;
  readonly costMicros: number;
  /** For a working endpoint, for its limits and its concurrency, before it was sent. */
  readonly waitedMs: number;
  /** From then to the end of the reply. */
  readonly tookMs: number;
}

/** Watches a gateway at work. Whoever it is must not throw, and changes nothing. */
export interface GatewayObserver {
  onVerdict(verdict: ToldVerdict): void;
  onCall(call: EndedCall): void;
  /** A call of that judge is tried again. */
  onRetry(judge: string): void;
}

/** Nobody watches. */
export const UNWATCHED: GatewayObserver = {
  onVerdict: () => undefined,
  onCall: () => undefined,
  onRetry: () => undefined,
};
