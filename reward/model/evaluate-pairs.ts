/**
 * How good a reward model is on labelled pairs. Invariants: every figure has an interval, from resampling whole prompts, since
 * pairs of one prompt share answers; nothing depends on which answer of a pair stands first.
 */
import {
  fitTemperature,
  prepareCalibration,
  type PairForecasts,
  type ReliabilityBin,
} from '../../core/math/calibration.js';
import { clusterBootstrap, type WeightedFigure } from '../../core/math/cluster-bootstrap.js';
import type { IntervalEstimate } from '../../core/math/interval-estimate.js';
import { logistic } from '../../core/math/logistic.js';
import type { Rng } from '../../core/math/rng.js';
import { lengthSlopeOf, rightness, shareOf, typicalGap } from './pair-figures.js';
import type { ScoredPair } from './score-pairs.js';

/** Accuracy on some of the pairs. */
export interface GroupAccuracy {
  readonly group: string;
  readonly accuracy: IntervalEstimate;
}

export interface PairEvaluation {
  readonly pairs: number;
  readonly prompts: number;
  /** Pairs whose label has a side; accuracies are of these, and absent where there are none. */
  readonly decided: number;
  /** Share of the decided pairs in the label's order, an even score half. */
  readonly accuracy?: IntervalEstimate;
  /** The same of a judge that always prefers the longer answer. */
  readonly longerAccuracy?: IntervalEstimate;
  readonly logLoss?: IntervalEstimate;
  readonly brier?: IntervalEstimate;
  readonly ece?: IntervalEstimate;
  /** The ece that chance alone would bring were every probability right: few pairs never show 0. */
  readonly eceByChance: number;
  readonly bins: readonly ReliabilityBin[];
  /** What leads would have to be divided by to be likeliest on these pairs; 1 is right. */
  readonly temperature: number;
  /**
   * Logits by which the longer answer leads at a typical gap (the root mean square one), the label being the same. Absent where
   * all answers are of one length.
   */
  readonly lengthSlope?: IntervalEstimate;
  /** By the prompts' locale. */
  readonly byLocale: readonly GroupAccuracy[];
  /** By how much longer one answer is: thirds of the pairs. */
  readonly byLengthGap: readonly GroupAccuracy[];
  /** Of the pairs that the model is surest of, by lead against doubt. */
  readonly bySureness: readonly { readonly share: number; readonly accuracy: number }[];
}

export interface EvaluationOptions {
  readonly rng: Rng;
  /** 1,000 unless told. */
  readonly resamples?: number;
}

interface Grouping {
  /** In the order in which groups are told. */
  readonly names: readonly string[];
  readonly groupOf: (pair: ScoredPair) => string;
}

const LEVEL = 0.95;
const SHARES = [1, 0.8, 0.6, 0.4, 0.2];
const CHANCE_DRAWS = 100;

/** Measures a model by what it gave pairs; at least one pair. */
export function evaluatePairs(
  pairs: readonly ScoredPair[],
  { rng, resamples = 1000 }: EvaluationOptions,
): PairEvaluation {
  const forecasts = {
    logits: Float64Array.from(pairs, ({ lead }) => lead),
    labels: Float64Array.from(pairs, ({ probabilityFirst }) => probabilityFirst),
  };
  const calibrate = prepareCalibration(forecasts);
  const clusters = promptClusters(pairs);
  const intervals = <Name extends string>(
    figures: Readonly<Record<Name, WeightedFigure>>,
  ): Partial<Record<Name, IntervalEstimate>> =>
    clusterBootstrap(figures, {
      ...{ clusters, resamples, rng: rng.fork('resamples'), level: LEVEL },
      recentred: new Set(['ece']),
    });
  const groups = ({ names, groupOf }: Grouping): GroupAccuracy[] => {
    const figures = names.map((name): [string, WeightedFigure] => [
      name,
      shareOf(pairs, (pair) => (groupOf(pair) === name ? rightness(pair, pair.lead) : undefined)),
    ]);
    const found: Partial<Record<string, IntervalEstimate>> = intervals(Object.fromEntries(figures));
    return names.flatMap((group) => {
      const accuracy = found[group];
      return accuracy === undefined ? [] : [{ group, accuracy }];
    });
  };
  const locales = [...new Set(pairs.map(({ locale }) => locale))].sort();
  return {
    pairs: pairs.length,
    prompts: 1 + clusters.reduce((most, cluster) => Math.max(most, cluster), 0),
    decided: pairs.filter(({ probabilityFirst }) => probabilityFirst !== 0.5).length,
    ...intervals({
      accuracy: shareOf(pairs, (pair) => rightness(pair, pair.lead)),
      longerAccuracy: shareOf(pairs, (pair) => rightness(pair, pair.lengthGap)),
      logLoss: (weights) => calibrate(weights).logLoss,
      brier: (weights) => calibrate(weights).brier,
      ece: (weights) => calibrate(weights).ece,
      lengthSlope: lengthSlopeOf(pairs),
    }),
    eceByChance: eceByChance(forecasts, rng.fork('chance')),
    bins: calibrate().bins,
    temperature: fitTemperature(forecasts),
    byLocale: groups({ names: locales, groupOf: ({ locale }) => locale }),
    byLengthGap: groups(lengthGroups(pairs)),
    bySureness: bySureness(pairs),
  };
}

/** Prompts numbered in the order in which they come. [pair] */
export function promptClusters(pairs: readonly Pick<ScoredPair, 'promptKey'>[]): Int32Array {
  const known = new Map<string, number>();
  return Int32Array.from(pairs, ({ promptKey }) => {
    const at = known.get(promptKey) ?? known.size;
    known.set(promptKey, at);
    return at;
  });
}

/** The mean error over labels that are drawn with the very probabilities that were given. */
function eceByChance(forecasts: PairForecasts, rng: Rng): number {
  // In order at once, so that putting them in order again for each draw costs little.
  const logits = forecasts.logits.slice().sort((a, b) => Math.abs(a) - Math.abs(b));
  let sum = 0;
  for (let draw = 0; draw < CHANCE_DRAWS; draw += 1) {
    const labels = logits.map((logit) => (rng.uniform() < logistic(logit) ? 1 : 0));
    sum += prepareCalibration({ logits, labels })().ece;
  }
  return sum / CHANCE_DRAWS;
}

/** Thirds of the pairs by how many characters one answer is longer by. */
function lengthGroups(pairs: readonly ScoredPair[]): Grouping {
  const gaps = pairs.map(({ lengthGap }) => Math.abs(lengthGap)).sort((a, b) => a - b);
  const [low, high] = [1 / 3, 2 / 3].map((share) => gaps[Math.floor(share * (gaps.length - 1))]);
  const names = [`up to ${low}`, `${low + 1} to ${high}`, `over ${high}`];
  return {
    names,
    groupOf: ({ lengthGap }) => names[Math.abs(lengthGap) <= low ? 0 : Math.abs(lengthGap) <= high ? 1 : 2],
  };
}

function bySureness(pairs: readonly ScoredPair[]): PairEvaluation['bySureness'] {
  const isDoubted = pairs.some(({ variance }) => variance > 0);
  // Where all heads agree the lead alone decides: no pair is infinitely sure.
  const least = typicalGap(pairs.map(({ lead }) => lead)) / 10;
  const sureness = ({ lead, variance }: ScoredPair): number =>
    Math.abs(lead) / (isDoubted ? Math.sqrt(variance) + least : 1);
  const known = pairs
    .flatMap((pair) => {
      const right = rightness(pair, pair.lead);
      return right === undefined ? [] : [{ sure: sureness(pair), right }];
    })
    .sort((a, b) => b.sure - a.sure);
  if (known.length === 0) return [];
  return SHARES.map((share) => {
    const kept = known.slice(0, Math.max(1, Math.round(share * known.length)));
    return { share, accuracy: kept.reduce((sum, { right }) => sum + right, 0) / kept.length };
  });
}
