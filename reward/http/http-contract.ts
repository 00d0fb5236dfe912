import type { z } from 'zod';
import type { Locale } from '../../core/domain/prompt.js';
import type { PromptToScore, RewardReply } from '../serving/reward-service.js';
import type { RewardName } from '../serving/served-rewards.js';
import type { ReceivedBody } from './received-body.js';

/** Contracts that are spoken, as metrics and logs name them. */
export type ContractName = 'openrlhf' | 'slime' | 'nemo_gym_compare' | 'nemo_gym_verify' | 'score';

/** What the address of a request says of all its samples. */
export interface AddressedTo {
  /** Of samples that name none. */
  readonly locale?: Locale;
  /** Whether a sample's label is its locale; without that labels are not read. */
  readonly labelsAreLocales: boolean;
}

/** A request in a contract's words, read. */
export interface HttpQuestion {
  readonly items: readonly PromptToScore[];
  /** Where the body names it, and not the address. */
  readonly reward?: RewardName;
  readonly deadlineMs?: number;
  /**
   * The reply's body, JSON. An answer without a reward is UnscoredAnswers in a contract that has no word for it: no reply
   * holds a number for it.
   */
  tell(reply: RewardReply): string;
}

/** How one trainer asks for rewards: where, in which words, and how it is answered. */
export interface HttpContract {
  readonly name: ContractName;
  readonly path: string;
  /** What it is for, as the OpenAPI document says it. */
  readonly summary: string;
  /** Bodies of a request and of its reply. */
  readonly schemas: { readonly request: z.ZodType; readonly reply: z.ZodType };
  /** A body that is not in the contract is a BadInputError. */
  read(body: ReceivedBody, to: AddressedTo): HttpQuestion;
}
