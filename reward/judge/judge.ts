import type { AnswerPair } from '../../core/domain/preference.js';
import type { Criterion, Rubric } from '../../core/domain/rubric.js';
import type { Order, PairVerdict } from '../../core/domain/verdict.js';

/**
 * One question to a judge: which answer of the pair is better, shown in this order. It is holistic, about the whole
 * rubric, or about one criterion of it, and then nothing else of the rubric may matter to the verdict.
 */
export interface JudgeRequest {
  readonly pair: AnswerPair;
  readonly rubric: Rubric;
  readonly criterion?: Criterion;
  readonly order: Order;
}

/** What kind of thing judges. Reports say "rule judges" wherever no language model answered. */
export type JudgeKind = 'rules' | 'learned' | 'simulated' | 'language_model' | 'recorded' | 'human';

/**
 * A pairwise judge. It never throws for a pair that it cannot judge: that is a typed outcome, and no number. It
 * throws only when the caller aborts (`cancelled`) or when it is itself set up wrongly.
 */
export interface Judge {
  readonly id: string;
  readonly kind: JudgeKind;
  /** Judges of one family share training data and so their errors; absent where the judge has no kin. */
  readonly family?: string;
  /** Names all that a verdict depends on beside the question: model, prompt version, sampling. Absent: the id does. */
  readonly fingerprint?: string;
  /** True where the judge sees one answer at a time, so that asking again in the other order buys nothing. */
  readonly orderBlind?: boolean;
  judge(request: JudgeRequest, signal?: AbortSignal): Promise<PairVerdict>;
}
