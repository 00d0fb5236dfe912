import type { ContractName } from './http-contract.js';

/** A request that was answered, whether well or not. */
export interface HttpAnswer {
  readonly contract: ContractName;
  /** Of HTTP; 499 where the client went before its answer came. */
  readonly status: number;
  readonly tookMs: number;
}

/** Watches the HTTP face at work. Whoever it is must not throw, and changes nothing. */
export interface RewardHttpObserver {
  onAnswer(answer: HttpAnswer): void;
}
