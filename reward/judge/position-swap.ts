import type { AnswerPair } from '../../core/domain/preference.js';
import type { Rubric } from '../../core/domain/rubric.js';
import type { Order, PairVerdict } from '../../core/domain/verdict.js';
import type { Judge } from './judge.js';

export const ORDERS: readonly Order[] = ['first_shown_first', 'second_shown_first'];

/** Asks a judge about a pair in both orders; the verdicts come in the order of `ORDERS`. */
export async function judgeBothOrders(
  judge: Judge,
  question: { readonly pair: AnswerPair; readonly rubric: Rubric },
  signal?: AbortSignal,
): Promise<PairVerdict[]> {
  return Promise.all(ORDERS.map((order) => judge.judge({ ...question, order }, signal)));
}
