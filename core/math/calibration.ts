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
export function calibrationOf(forecasts: PairForecasts, bins = 15): Calibration {
  return prepareCalibration(forecasts, bins)(forecasts.weights);
}

/** The same for many weights of one set of forecasts, as a bootstrap asks for: pairs are put in order once. */
export function prepareCalibration(
  { logits, labels }: Omit<PairForecasts, 'weights'>,
  bins = 15,
): (weights?: Float64Array) => Calibration {
  const n = logits.length;
  if (n === 0 || labels.length !== n) {
    throw invalid(
      `Calibration needs as many labels as logits and at least one, not ${labels.length} and ${n}.`,
    );
  }
  const order = Int32Array.from(logits.keys()).sort((a, b) => Math.abs(logits[a]) - Math.abs(logits[b]));
  const losses = logits.map((logit, at) => softplus(logit) - labels[at] * logit);
  const squares = logits.map((logit, at) => (logistic(logit) - labels[at]) ** 2);
  const confidences = logits.map((logit) => logistic(Math.abs(logit)));
  const accuracies = logits.map((logit, at) => 0.5 + Math.sign(logit) * (labels[at] - 0.5));
  return (weights = new Float64Array(n).fill(1)) => {
    const total = compensatedSum(weights);
    const found = binsOf({ order, confidences, accuracies, weights }, total, bins);
    const gaps = found.map(({ confidence, accuracy, weight }) => weight * Math.abs(confidence - accuracy));
    return {
      logLoss: dot(weights, losses) / total,
      brier: dot(weights, squares) / total,
      ece: compensatedSum(gaps) / total,
      bins: found,
    };
  };
}

interface OrderedForecasts {
  /** Pairs by confidence, ascending. */
  readonly order: Int32Array;
  readonly confidences: Float64Array;
  readonly accuracies: Float64Array;
  readonly weights: Float64Array;
}

/** Pairs of one confidence stay in one bin: which of them stands where is chance. */
function binsOf(
  { order, confidences, accuracies, weights }: OrderedForecasts,
  total: number,
  bins: number,
): ReliabilityBin[] {
  const found: ReliabilityBin[] = [];
  let bin = { confidence: 0, accuracy: 0, weight: 0 };
  let seen = 0;
  for (let place = 0; place < order.length; place += 1) {
    const pair = order[place];
    const weight = weights[pair];
    bin.confidence += weight * confidences[pair];
    bin.accuracy += weight * accuracies[pair];
    bin.weight += weight;
    seen += weight;
    const isLast = place + 1 === order.length;
    const isFull = seen * bins >= (found.length + 1) * total * (1 - 1e-12);
    if (!isLast && (!isFull || confidences[order[place + 1]] === confidences[pair])) continue;
    if (bin.weight > 0) {
      const { confidence, accuracy, weight: all } = bin;
      found.push({ confidence: confidence / all, accuracy: accuracy / all, weight: all });
    }
    bin = { confidence: 0, accuracy: 0, weight: 0 };
  }
  return found;
}

function dot(a: Float64Array, b: Float64Array): number {
  return compensatedSum(a.map((value, at) => value * b[at]));
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
