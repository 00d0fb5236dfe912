import type { AnswerPair } from '../../core/domain/preference.js';
import type { Criterion, Rubric } from '../../core/domain/rubric.js';
import type { Order, PairVerdict } from '../../core/domain/verdict.js';
import { sha256 } from '../../core/runtime/content-hash.js';
import type { Judge } from './judge.js';
import { checkPanel } from './panel-families.js';
import { ORDERS } from './position-swap.js';

export interface PanelOptions {
  readonly rubric: Rubric;
  /** Asks about this criterion alone. */
  readonly criterion?: Criterion;
  /**
   * `both`, the default, asks every judge in both orders. `counterbalanced` asks neighbours in the panel in opposite
   * ones, turn about over the pairs, and in both only for one pair in ten: from those a judge's position bias is known,
   * and can be taken off its other votes. That is 55 % of the calls.
   */
  readonly orders?: 'both' | 'counterbalanced';
  /** Fewest families of judges; 1 by default. */
  readonly leastFamilies?: number;
  /** Pairs that are with the judges at one time; 8 by default. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  /** Called after each pair, with the pairs done so far. */
  readonly onProgress?: (done: number) => void;
}

const BOTH_ORDERS_EVERY = 10;

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
  { rubric, criterion, orders, signal }: PanelOptions,
): Promise<PairVerdict[]> {
  const question = { pair, rubric, ...(criterion === undefined ? {} : { criterion }) };
  return Promise.all(
    judges.flatMap((judge, seat) =>
      ordersFor(judge, seat, { pair, orders }).map((order) => judge.judge({ ...question, order }, signal)),
    ),
  );
}

/** By a hash of the pair's id, so that the orders of a pair do not depend on which other pairs are asked. */
function ordersFor(
  { orderBlind = false }: Judge,
  seat: number,
  { pair, orders }: { readonly pair: AnswerPair; readonly orders: PanelOptions['orders'] },
): readonly Order[] {
  if (orderBlind) return ORDERS.slice(0, 1);
  if (orders !== 'counterbalanced') return ORDERS;
  const draw = parseInt(sha256(pair.id).slice(0, 8), 16);
  if (draw % BOTH_ORDERS_EVERY === 0) return ORDERS;
  return [ORDERS[(Math.floor(draw / BOTH_ORDERS_EVERY) + seat) % ORDERS.length]];
}
