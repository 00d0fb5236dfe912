import { invalid } from './argument-checks.js';
import { compensatedSum } from './compensated-sum.js';
import { logistic, softplus } from './logistic.js';

/** Forecasts of a preference and what became of it. All arrays are [pair]. */
export interface PairForecasts {
  /** Logit of "the first is better". */
  readonly logits: Float64Array;
  /** y: 1 where the first is better, 0 where the second is, between where it is contested. */
  readonly labels: Float64Array;
  /** Above 0 in sum; all 1 where it is left out. */
  readonly weights?: Float64Array;
}

/** A bin of the reliability diagram. */
export interface ReliabilityBin {
  /** Mean probability given to the answer that is held for the better one, in [0.5, 1]. */
  readonly confidence: number;
  /** Share of them that are. */
  readonly accuracy: number;
  readonly weight: number;
}

/** How far probabilities can be believed; none depends on which answer of a pair stands first. */
export interface Calibration {
  /** Mean cross entropy in nats; log 2 of one who always says one half. */
  readonly logLoss: number;
  /** Mean squared distance of probability and label, for one of the two answers; 0.25 of one who always says one half. */
  readonly brier: number;
  /** Expected calibration error over the bins: Σ share·|confidence − accuracy|. */
  readonly ece: number;
  /** Ascending in confidence. */
  readonly bins: readonly ReliabilityBin[];
}

/**
 * Log-loss, Brier score and expected calibration error with bins of equal weight (adaptive binning; Nixon et al. 2019,
 * arXiv 1904.01685). A pair is binned by the probability of the answer that is held for the better one, so that turning it
 * round changes nothing: data in which the chosen answer always stands first would else look perfectly calibrated.
 */
export function calibrationOf({ logits, labels, weights }: PairForecasts, bins = 15): Calibration {
  const n = logits.length;
  if (n === 0 || labels.length !== n) {
    throw invalid(
      `Calibration needs as many labels as logits and at least one, not ${labels.length} and ${n}.`,
    );
  }
  const weightOf = (at: number): number => weights?.[at] ?? 1;
  const total = compensatedSum(Float64Array.from({ length: n }, (_, at) => weightOf(at)));
  const mean = (value: (at: number) => number): number =>
    compensatedSum(Float64Array.from({ length: n }, (_, at) => weightOf(at) * value(at))) / total;
  const held = Array.from({ length: n }, (_, at) => ({
    confidence: logistic(Math.abs(logits[at])),
    accuracy: 0.5 + Math.sign(logits[at]) * (labels[at] - 0.5),
    weight: weightOf(at),
  })).sort((a, b) => a.confidence - b.confidence);
  const reliability = binsOf(held, total, bins);
  const gaps = reliability.map(
    ({ confidence, accuracy, weight }) => weight * Math.abs(confidence - accuracy),
  );
  return {
    logLoss: mean((at) => softplus(logits[at]) - labels[at] * logits[at]),
    brier: mean((at) => (logistic(logits[at]) - labels[at]) ** 2),
    ece: compensatedSum(Float64Array.from(gaps)) / total,
    bins: reliability,
  };
}

/** Pairs of one confidence stay in one bin: which of them stands where is chance. */
function binsOf(sorted: readonly ReliabilityBin[], total: number, bins: number): ReliabilityBin[] {
  const found: ReliabilityBin[] = [];
  let bin = { confidence: 0, accuracy: 0, weight: 0 };
  let seen = 0;
  for (const [at, { confidence, accuracy, weight }] of sorted.entries()) {
    bin.confidence += weight * confidence;
    bin.accuracy += weight * accuracy;
    bin.weight += weight;
    seen += weight;
    const isFull = seen * bins >= (found.length + 1) * total * (1 - 1e-12);
    if ((isFull && sorted.at(at + 1)?.confidence !== confidence) || at === sorted.length - 1) {
      if (bin.weight > 0) found.push(bin);
      bin = { confidence: 0, accuracy: 0, weight: 0 };
    }
  }
  return found.map(({ confidence, accuracy, weight }) => ({
    confidence: confidence / weight,
    accuracy: accuracy / weight,
    weight,
  }));
}

/** Temperatures that are looked at, as logarithms: from 1/20 to 20. */
const MOST_LOG_TEMPERATURE = Math.log(20);
const GOLDEN = (Math.sqrt(5) - 1) / 2;
const SEARCH_STEPS = 60;

/**
 * The temperature T that makes σ(logit / T) most likely (Guo et al. 2017, arXiv 1706.04599), within [1/20, 20]. The log-loss
 * is convex in 1/T, so that a golden-section search finds it. The bound itself is the answer where no T is best: labels that
 * agree with every logit, or with none.
 */
export function fitTemperature({ logits, labels, weights }: PairForecasts): number {
  const lossAt = (logTemperature: number): number => {
    const scale = Math.exp(-logTemperature);
    let sum = 0;
    for (let at = 0; at < logits.length; at += 1) {
      const logit = logits[at] * scale;
      sum += (weights?.[at] ?? 1) * (softplus(logit) - labels[at] * logit);
    }
    return sum;
  };
  let [low, high] = [-MOST_LOG_TEMPERATURE, MOST_LOG_TEMPERATURE];
  for (let step = 0; step < SEARCH_STEPS; step += 1) {
    const [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
    if (lossAt(left) <= lossAt(right)) high = right;
    else low = left;
  }
  return Math.exp((low + high) / 2);
}
