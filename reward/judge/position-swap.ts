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

export interface SwapConsistency {
  /** Pairs with a scored verdict in both orders. */
  readonly pairs: number;
  /** Of those, pairs whose verdicts name the same answer, or both neither. */
  readonly consistent: number;
}

/** How often each judge names the same answer in both orders, by judge id. */
export function swapConsistency(verdicts: readonly PairVerdict[]): Map<string, SwapConsistency> {
  const winners = new Map<string, Map<string, number[]>>();
  for (const { judgeId, pairId, outcome } of verdicts) {
    if (outcome.kind !== 'scored') continue;
    const byPair = getOrCreate(winners, judgeId, () => new Map<string, number[]>());
    getOrCreate(byPair, pairId, () => []).push(Math.sign(outcome.score.probabilityFirst - 0.5));
  }
  return new Map(
    [...winners].map(([judgeId, byPair]) => {
      const asked = [...byPair.values()].filter((signs) => signs.length === 2);
      return [judgeId, { pairs: asked.length, consistent: asked.filter(([a, b]) => a === b).length }];
    }),
  );
}

function getOrCreate<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = create();
  map.set(key, made);
  return made;
}
