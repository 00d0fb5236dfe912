import type { PairScore } from '../../core/domain/verdict.js';
import type { CriteriaRequest } from './criteria-request.js';
import type { ShownAnswer } from './judge-prompt.js';
import type { JudgeRequest } from './judge.js';
import type { ReplyField } from './reply-contract.js';
import type { JudgeModeName } from './texts/judge-texts.js';

/** How a language model's replies become a preference. */
export interface JudgeMode {
  readonly name: JudgeModeName;
  /** True where each question shows one answer. */
  readonly orderBlind: boolean;
  /** What each question shows; one reply is needed to each. */
  questions(request: JudgeRequest): readonly (readonly ShownAnswer[])[];
  /** What a reply says, the same for all questions of a request. */
  fields(request: CriteriaRequest): readonly ReplyField[];
  /** The preference that the replies, in the order of the questions, amount to; undefined where they decide nothing. */
  score(replies: readonly ReplyReading[], request: CriteriaRequest): PairScore | undefined;
}

/** What a reply says of each field: probabilities of its options, in their order, summing to 1. */
export type ReplyReading = Readonly<Record<string, readonly number[]>>;
