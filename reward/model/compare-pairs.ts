import { clusterBootstrap, type WeightedFigure } from '../../core/math/cluster-bootstrap.js';
import type { IntervalEstimate } from '../../core/math/interval-estimate.js';
import { logistic, softplus } from '../../core/math/logistic.js';
import { promptClusters, type EvaluationOptions } from './evaluate-pairs.js';
import { rightness, shareOf } from './pair-figures.js';
import type { ScoredPair } from './score-pairs.js';

/** The first model minus the second on the same pairs; an interval that leaves out 0 tells them apart. */
export interface PairComparison {
  readonly pairs: number;
  /** Pairs that the two models order differently. */
  readonly disagreements: number;
  readonly accuracy?: IntervalEstimate;
  /** Below 0 the first is better. */
  readonly logLoss?: IntervalEstimate;
  /** Below 0 the first is better. */
  readonly brier?: IntervalEstimate;
}

/** Compares two models on the pairs that both scored, in the same order; paired, over whole prompts. At least one pair. */
export function comparePairs(
  first: readonly ScoredPair[],
  second: readonly ScoredPair[],
  { rng, resamples = 2000 }: EvaluationOptions,
): PairComparison {
  const indexOf = new Map(first.map((pair, at) => [pair, at]));
  const otherOf = (pair: ScoredPair): ScoredPair => second[indexOf.get(pair) ?? 0];
  const difference = (valueOf: (pair: ScoredPair) => number | undefined): WeightedFigure =>
    shareOf(first, (pair) => {
      const [one, other] = [valueOf(pair), valueOf(otherOf(pair))];
      return one === undefined || other === undefined ? undefined : one - other;
    });
  const figures = {
    accuracy: difference((pair) => rightness(pair, pair.lead)),
    logLoss: difference(({ lead, probabilityFirst }) => softplus(lead) - probabilityFirst * lead),
    brier: difference(({ lead, probabilityFirst }) => (logistic(lead) - probabilityFirst) ** 2),
  };
  const clusters = promptClusters(first);
  return {
    pairs: first.length,
    disagreements: first.filter((pair) => Math.sign(pair.lead) !== Math.sign(otherOf(pair).lead)).length,
    ...clusterBootstrap(figures, { clusters, resamples, rng, level: 0.95 }),
  };
}
