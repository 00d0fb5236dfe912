import { createRng } from '../../../core/math/rng.js';
import type { CultureKit } from '../culture-kit.js';
import { shareFigure, type Threshold } from '../kit-figure.js';
import type { KitPair } from '../kit-schema.js';
import type { KitTest, ScoredProbe } from '../kit-test.js';

const SIZES: ReadonlyMap<number, Threshold> = new Map([
  [4, { atLeast: 0.5, why: 'twice what chance gives among four candidates' }],
  [
    16,
    {
      atLeast: 0.25,
      why: 'four times what chance gives among sixteen, where a policy’s optimisation begins to press',
    },
  ],
]);
const MOST = Math.max(...SIZES.keys());
/** The draw is part of the kit, not of a run: every model meets the same candidates. */
const DRAW_SEED = 0;

/**
 * How often the best of n is chosen. Candidates: a pair's better answer, its worse one, and good answers to questions on other
 * topics, drawn by the item's id. Reference: CARB (arXiv 2509.21798) chooses among n by reward.
 */
export const bestOfN: KitTest = {
  name: 'best-of-n',
  measures: 'how often the right answer is chosen among faulty and irrelevant ones',
  file: 'pairs',
  inGaps: false,
  probes: ({ manifest: { locale }, probes: { pairs } }) =>
    pairs.map((pair) => ({
      id: pair.id,
      candidates: [pair.better, pair.worse, ...offTopic(pair, pairs)].map((answer) => ({
        locale,
        prompt: pair.prompt,
        answer,
      })),
    })),
  figures: (probes) =>
    [...SIZES]
      .filter(([size]) => probes.every(({ candidates }) => candidates.length >= size))
      .map(([size, threshold]) =>
        shareFigure(
          `best of ${size}`,
          probes.map((probe) => chosen(probe, size)),
          threshold,
        ),
      ),
  fault: ({ scores: [best, ...others] }) => Math.max(...others) - best,
};

function offTopic(pair: KitPair, pairs: CultureKit['probes']['pairs']): string[] {
  const others = pairs.filter(({ topic }) => topic !== pair.topic).map(({ better }) => better);
  return createRng(DRAW_SEED)
    .fork(pair.id)
    .shuffle(others)
    .slice(0, MOST - 2);
}

/** 1 where the best candidate alone is worth most; shared with those that are worth as much. */
function chosen({ scores }: ScoredProbe, size: number): number {
  const met = scores.slice(0, size);
  const most = Math.max(...met);
  return met[0] === most ? 1 / met.filter((score) => score === most).length : 0;
}
