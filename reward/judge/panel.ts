import type { AnswerPair } from '../../core/domain/preference.js';
import type { Rubric } from '../../core/domain/rubric.js';
import type { PairVerdict } from '../../core/domain/verdict.js';
import type { Judge } from './judge.js';
import { judgeBothOrders } from './position-swap.js';

export interface PanelOptions {
  readonly rubric: Rubric;
  /** Pairs that are with the judges at one time; 8 by default. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  /** Called after each pair, with the pairs done so far. */
  readonly onProgress?: (done: number) => void;
}

/** Every judge's verdicts on every pair in both orders, in the order of pairs, judges, orders. */
export async function judgePairs(
  judges: readonly Judge[],
  pairs: readonly AnswerPair[],
  options: PanelOptions,
): Promise<PairVerdict[]> {
  const { rubric, signal, concurrency = 8 } = options;
  const verdicts: PairVerdict[][] = [];
  let next = 0;
  let done = 0;
  const work = async (): Promise<void> => {
    while (next < pairs.length) {
      signal?.throwIfAborted();
      const at = next;
      next += 1;
      const question = { pair: pairs[at], rubric };
      const all = await Promise.all(judges.map((judge) => judgeBothOrders(judge, question, signal)));
      verdicts[at] = all.flat();
      done += 1;
      options.onProgress?.(done);
    }
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, pairs.length) }, work));
  return verdicts.flat();
}
