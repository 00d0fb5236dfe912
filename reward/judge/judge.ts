import type { AnswerPair } from '../../core/domain/preference.js';
import type { Rubric } from '../../core/domain/rubric.js';
import type { Order, PairVerdict } from '../../core/domain/verdict.js';

/** One question to a judge: which answer of the pair is better under the rubric, shown in this order. */
export interface JudgeRequest {
  readonly pair: AnswerPair;
  readonly rubric: Rubric;
  readonly order: Order;
}

/** What kind of thing judges. Reports say "rule judges" wherever no language model answered. */
export type JudgeKind = 'rules' | 'learned' | 'simulated' | 'language_model';

/**
 * A pairwise judge. It never throws for a pair that it cannot judge: that is a typed outcome, and no number. It
 * throws only when the caller aborts (`cancelled`) or when it is itself set up wrongly.
 */
export interface Judge {
  readonly id: string;
  readonly kind: JudgeKind;
  judge(request: JudgeRequest, signal?: AbortSignal): Promise<PairVerdict>;
}
