import type { AnswerPair } from '../../core/domain/preference.js';
import type { Criterion, Rubric } from '../../core/domain/rubric.js';
import type { PairVerdict } from '../../core/domain/verdict.js';
import type { Judge } from './judge.js';
import { pairOrders, type OrderPlan } from './pair-orders.js';
import { checkPanel } from './panel-families.js';
import { ORDERS } from './position-swap.js';

export interface PanelOptions {
  readonly rubric: Rubric;
  /** Asks about this criterion alone. */
  readonly criterion?: Criterion;
  /** `both` by default. */
  readonly orders?: OrderPlan;
  /** Fewest families of judges; 1 by default. */
  readonly leastFamilies?: number;
  /** Pairs that are with the judges at one time; 8 by default. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  /** Called after each pair, with the pairs done so far. */
  readonly onProgress?: (done: number) => void;
}

/** Every judge's verdicts on every pair, in the order of pairs, judges, orders. A judge that is blind to order is asked once. */
export async function judgePairs(
  judges: readonly Judge[],
  pairs: readonly AnswerPair[],
  options: PanelOptions,
): Promise<PairVerdict[]> {
  const { signal, concurrency = 8 } = options;
  checkPanel(judges, options.leastFamilies);
  const verdicts: PairVerdict[][] = [];
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < pairs.length) {
      signal?.throwIfAborted();
      const at = next;
      next += 1;
      verdicts[at] = await judgePair(judges, pairs[at], options);
      done += 1;
      options.onProgress?.(done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, pairs.length) }, work));
  return verdicts.flat();
}

function judgePair(
  judges: readonly Judge[],
  pair: AnswerPair,
  { rubric, criterion, orders = 'both', signal }: PanelOptions,
): Promise<PairVerdict[]> {
  const question = { pair, rubric, ...(criterion === undefined ? {} : { criterion }) };
  return Promise.all(
    judges.flatMap((judge, seat) =>
      (judge.orderBlind === true ? ORDERS.slice(0, 1) : pairOrders(pair.id, orders, seat)).map((order) =>
        judge.judge({ ...question, order }, signal),
      ),
    ),
  );
}
