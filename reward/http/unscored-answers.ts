import type { Outcome } from '../../core/domain/verdict.js';
import { MajlisError } from '../../core/errors.js';

/** An answer that got no reward, and why. */
export interface UnscoredAnswer {
  /** Its place in the request, from 0. */
  readonly index: number;
  readonly kind: Exclude<Outcome<never>['kind'], 'scored' | 'policy_malformed'>;
  readonly reason: string;
  /** Whether asking again may help. */
  readonly retryable: boolean;
}

/**
 * Answers without a reward, in a contract that has no word for them. `unavailable` where asking again may help for each of
 * them, else `failed_precondition`.
 */
export class UnscoredAnswers extends MajlisError {
  constructor(
    readonly answers: readonly UnscoredAnswer[],
    of: number,
  ) {
    const [{ index, kind, reason }] = answers;
    const sentence = `${answers.length} of ${of} answers have no reward; answer ${index} is ${kind}: ${reason}`;
    const mayHelp = answers.every(({ retryable }) => retryable);
    super(sentence, { code: mayHelp ? 'unavailable' : 'failed_precondition' });
    this.name = 'UnscoredAnswers';
  }
}
