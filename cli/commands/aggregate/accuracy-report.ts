import { pairedBootstrap } from '../../../core/math/paired-bootstrap.js';
import { proportionInterval } from '../../../core/math/proportion-interval.js';
import type { Rng } from '../../../core/math/rng.js';
import type { FusedPairs } from '../../../reward/preference/fuse-table.js';
import type { VoteTable } from '../../../reward/preference/vote-table.js';
import type { AccuracyReport } from './aggregate-result.js';
import type { Anchors } from './anchor-lines.js';

const RESAMPLES = 2000;

/** How often a pair's probability is on the right side of its anchor; undefined without anchors that were voted on. */
export function accuracyOfPairs(
  probabilityOf: (pair: number) => number,
  { pairs }: VoteTable,
  { gold }: Anchors,
  level: number,
): AccuracyReport | undefined {
  let [right, squares, anchors] = [0, 0, 0];
  for (const [at, { id }] of pairs.entries()) {
    const firstIsBetter = gold.get(id);
    const first = probabilityOf(at);
    if (firstIsBetter === undefined || Number.isNaN(first)) continue;
    anchors += 1;
    right += first === 0.5 ? 0.5 : Number(first > 0.5 === firstIsBetter);
    squares += (first - Number(firstIsBetter)) ** 2;
  }
  if (anchors === 0) return undefined;
  return { fused: proportionInterval(right, anchors, level), brier: squares / anchors, anchors };
}

/** Of a fusion: the stack's is of anchors that it was not fitted on; a latent-class model was told them, so has none. */
export function fusedAccuracy(
  { choice, probabilityFirst, reliability }: FusedPairs,
  table: VoteTable,
  { anchors, level, rng }: { readonly anchors: Anchors; readonly level: number; readonly rng: Rng },
): AccuracyReport | undefined {
  if (reliability !== undefined) return undefined;
  if (choice === undefined) return accuracyOfPairs((pair) => probabilityFirst[pair], table, anchors, level);
  const { fuser, stack, judge, bestJudge, successDifferences } = choice;
  const n = successDifferences.length;
  const used = fuser.method === 'best_judge' ? 'best_judge' : 'anchored_stack';
  const held = used === 'best_judge' ? judge : stack;
  return {
    fused: proportionInterval(held.accuracy * n, n, level),
    brier: held.brier,
    anchors: n,
    choice: {
      used,
      stack,
      judge,
      bestJudge,
      gain: pairedBootstrap({ differences: successDifferences, resamples: RESAMPLES, rng, level }),
    },
  };
}
