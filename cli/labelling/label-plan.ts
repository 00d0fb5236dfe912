import { createRng } from '../../core/math/rng.js';
import type { ShownOrder } from './label-line.js';

/** One time that a person is shown a pair. */
export interface Showing {
  readonly pair: string;
  readonly shown: ShownOrder;
}

export interface PlanOptions {
  readonly seed: number;
  readonly rubric: string;
  readonly annotator: string;
}

/** Share of the pairs that come again in the other order, to measure how consistent a person is. */
const REPEATED_SHARE = 0.2;

const OTHER: Readonly<Record<ShownOrder, ShownOrder>> = {
  first_shown_first: 'second_shown_first',
  second_shown_first: 'first_shown_first',
};

/**
 * What one annotator is shown and in which order: every pair once, shuffled, with a coin for the side, and a share of the
 * pairs again with sides exchanged. Repeats are drawn from the first half and come half a file later, so that neither the
 * place nor the memory of the pair gives them away. A function of the ids as a set, the seed, the rubric and the name.
 */
export function labelPlan(pairIds: readonly string[], { seed, rubric, annotator }: PlanOptions): Showing[] {
  const rng = createRng(seed).fork('labels').fork(rubric).fork(annotator);
  const originals = rng
    .fork('order')
    .shuffle([...pairIds].sort())
    .map((pair, at) => ({ at, showing: { pair, shown: coin(rng.fork(`shown/${pair}`).integer(2)) } }));
  const half = Math.floor(originals.length / 2);
  const repeats = rng
    .fork('repeated')
    .shuffle(originals.slice(0, half))
    .slice(0, Math.ceil(originals.length * REPEATED_SHARE))
    .map(({ at, showing: { pair, shown } }) => {
      const room = originals.length - half - at;
      return {
        at: at + half + rng.fork(`again/${pair}`).uniform() * room,
        showing: { pair, shown: OTHER[shown] },
      };
    });
  return [...originals, ...repeats].sort((a, b) => a.at - b.at).map(({ showing }) => showing);
}

function coin(side: number): ShownOrder {
  return side === 0 ? 'first_shown_first' : 'second_shown_first';
}
