/**
 * A judgement's outcome. No consumer can read a failure as a number: only `scored` carries one.
 * `policy_malformed` is the policy's own fault and is the one failure that is paid, at the rubric's floor.
 */
export type Outcome<Score> =
  | { readonly kind: 'scored'; readonly score: Score }
  | { readonly kind: 'abstained'; readonly reason: string }
  | { readonly kind: 'judge_failed'; readonly reason: string; readonly retryable: boolean }
  | { readonly kind: 'unparseable'; readonly raw: string }
  | { readonly kind: 'policy_malformed'; readonly reason: string };

/** Which answer of a pair was shown to the judge first. */
export type Order = 'first_shown_first' | 'second_shown_first';

/** What a pairwise judge says: its probability that the pair's first answer is better, whatever the order shown. */
export interface PairScore {
  readonly probabilityFirst: number;
  /** What each criterion added to the difference, first minus second, by criterion key. */
  readonly contributions?: Readonly<Record<string, number>>;
  readonly rationale?: string;
}

/** A pairwise judge's typed answer for one pair in one order. */
export interface PairVerdict {
  readonly judgeId: string;
  readonly rubricHash: string;
  /** Of the one criterion that was asked about; absent where the question was the whole rubric. */
  readonly criterionHash?: string;
  readonly pairId: string;
  readonly order: Order;
  readonly outcome: Outcome<PairScore>;
}
