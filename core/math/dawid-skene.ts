/**
 * True classes of units from the labels of fallible workers, by expectation-maximisation (Dawid & Skene 1979, Appl. Stat.
 * 28:20). Each worker has a confusion matrix π_k[true][label], or, with one coin, an accuracy that is the same for all
 * classes, errors spread evenly.
 *
 * Without known classes the model finds what explains agreement best, and workers who share an error agree: compare its
 * result with known classes before it is used. A class that no label names gets the share and the rows that smoothing
 * alone gives it.
 */
import { invalid, requireSameLength, requireWithin } from './argument-checks.js';

export interface DawidSkeneInput {
  readonly units: number;
  readonly classes: number;
  readonly workers: number;
  /** Labels, as parallel arrays. [label] */
  readonly unit: Int32Array;
  readonly worker: Int32Array;
  readonly label: Int32Array;
  /** Weight of each label; 1 unless told. [label] */
  readonly weight?: Float64Array;
  /** Accuracies instead of confusion matrices. */
  readonly oneCoin?: boolean;
  /** Added to every count of a confusion matrix; 0 unless told. A Dirichlet prior of 1 + smoothing. */
  readonly smoothing?: number;
  /** Known classes, −1 where unknown. [unit] */
  readonly known?: Int32Array;
  /** It arrives when no posterior moves by more; 1e-10 unless told. */
  readonly tolerance?: number;
  readonly maxIterations?: number;
}

export interface DawidSkeneFit {
  /** [unit × class], rows sum to 1. */
  readonly posterior: Float64Array;
  /** [class] */
  readonly prevalence: Float64Array;
  /** [worker × true class × label] */
  readonly confusion: Float64Array;
  /** Share of labels that name the true class, in expectation. [worker] */
  readonly accuracy: Float64Array;
  /** Of the labels, in nats, at the parameters that the posterior follows from. */
  readonly logLikelihood: number;
  readonly iterations: number;
  /** False where maxIterations came first: the result is where it stood. */
  readonly converged: boolean;
}

const TOLERANCE = 1e-10;
const MAX_ITERATIONS = 5000;

/** Runs EM from the shares of the votes. */
export function fitDawidSkene(input: DawidSkeneInput): DawidSkeneFit {
  requireInput(input);
  const { tolerance = TOLERANCE, maxIterations = MAX_ITERATIONS } = input;
  let posterior = voteShares(input);
  for (let iterations = 1; ; iterations += 1) {
    const model = maximise(input, posterior);
    const next = expect(input, model);
    const moved = next.posterior.reduce((most, p, at) => Math.max(most, Math.abs(p - posterior[at])), 0);
    posterior = next.posterior;
    const converged = moved <= tolerance;
    if (converged || iterations >= maxIterations) {
      const accuracy = accuracies(input, posterior);
      return { ...next, ...model, accuracy, iterations, converged };
    }
  }
}

interface Model {
  readonly prevalence: Float64Array;
  readonly confusion: Float64Array;
}

function voteShares({ units, classes, unit, label, weight, known }: DawidSkeneInput): Float64Array {
  const shares = new Float64Array(units * classes);
  for (let at = 0; at < unit.length; at += 1) {
    shares[unit[at] * classes + label[at]] += weight === undefined ? 1 : weight[at];
  }
  for (let row = 0; row < units; row += 1) {
    const part = shares.subarray(row * classes, (row + 1) * classes);
    clamp(part, known?.[row] ?? -1);
    normalise(part);
  }
  return shares;
}

function maximise(input: DawidSkeneInput, posterior: Float64Array): Model {
  const { units, classes } = input;
  const prevalence = new Float64Array(classes);
  for (let row = 0; row < units; row += 1) {
    for (let c = 0; c < classes; c += 1) prevalence[c] += posterior[row * classes + c] / units;
  }
  const counts = labelCounts(input, posterior);
  if (input.oneCoin === true) shareErrors(input, counts);
  else {
    for (let row = 0; row < counts.length; row += classes) {
      const part = counts.subarray(row, row + classes);
      for (let c = 0; c < classes; c += 1) part[c] += input.smoothing ?? 0;
      normalise(part);
    }
  }
  return { prevalence, confusion: counts };
}

function labelCounts(
  { classes, workers, unit, worker, label, weight }: DawidSkeneInput,
  posterior: Float64Array,
): Float64Array {
  const counts = new Float64Array(workers * classes * classes);
  for (let at = 0; at < unit.length; at += 1) {
    const size = weight === undefined ? 1 : weight[at];
    const from = unit[at] * classes;
    const to = worker[at] * classes * classes + label[at];
    for (let c = 0; c < classes; c += 1) counts[to + c * classes] += size * posterior[from + c];
  }
  return counts;
}

/** One accuracy per worker: its matrix has it on the diagonal and the rest evenly elsewhere. */
function shareErrors({ classes, workers, smoothing = 0 }: DawidSkeneInput, counts: Float64Array): void {
  const size = classes * classes;
  for (let worker = 0; worker < workers; worker += 1) {
    const matrix = counts.subarray(worker * size, (worker + 1) * size);
    let right = smoothing;
    let whole = classes * smoothing;
    for (let at = 0; at < size; at += 1) {
      whole += matrix[at];
      if (at % (classes + 1) === 0) right += matrix[at];
    }
    const accuracy = whole === 0 ? 1 / classes : right / whole;
    for (let at = 0; at < size; at += 1) {
      matrix[at] = at % (classes + 1) === 0 ? accuracy : (1 - accuracy) / (classes - 1);
    }
  }
}

function expect(
  input: DawidSkeneInput,
  { prevalence, confusion }: Model,
): { readonly posterior: Float64Array; readonly logLikelihood: number } {
  const { units, classes, unit, worker, label, weight, known } = input;
  const scores = new Float64Array(units * classes);
  const logPrevalence = prevalence.map(Math.log);
  const logConfusion = confusion.map(Math.log);
  for (let row = 0; row < units; row += 1) scores.set(logPrevalence, row * classes);
  for (let at = 0; at < unit.length; at += 1) {
    const size = weight === undefined ? 1 : weight[at];
    if (size === 0) continue;
    const from = worker[at] * classes * classes + label[at];
    const to = unit[at] * classes;
    for (let c = 0; c < classes; c += 1) scores[to + c] += size * logConfusion[from + c * classes];
  }
  let logLikelihood = 0;
  for (let row = 0; row < units; row += 1) {
    const part = scores.subarray(row * classes, (row + 1) * classes);
    const top = part.reduce((most, score) => Math.max(most, score), -Infinity);
    if (top === -Infinity) throw impossible(row);
    let whole = 0;
    for (let c = 0; c < classes; c += 1) whole += Math.exp(part[c] - top);
    logLikelihood += top + Math.log(whole);
    for (let c = 0; c < classes; c += 1) part[c] = Math.exp(part[c] - top) / whole;
    clamp(part, known?.[row] ?? -1);
  }
  return { posterior: scores, logLikelihood };
}

function accuracies(
  { classes, workers, unit, worker, label, weight }: DawidSkeneInput,
  posterior: Float64Array,
): Float64Array {
  const right = new Float64Array(workers);
  const whole = new Float64Array(workers);
  for (let at = 0; at < unit.length; at += 1) {
    const size = weight === undefined ? 1 : weight[at];
    right[worker[at]] += size * posterior[unit[at] * classes + label[at]];
    whole[worker[at]] += size;
  }
  return right.map((sum, at) => (whole[at] === 0 ? NaN : sum / whole[at]));
}

function clamp(part: Float64Array, known: number): void {
  if (known < 0) return;
  part.fill(0);
  part[known] = 1;
}

function normalise(part: Float64Array): void {
  const whole = part.reduce((sum, value) => sum + value, 0);
  for (let at = 0; at < part.length; at += 1) part[at] = whole === 0 ? 1 / part.length : part[at] / whole;
}

function impossible(unit: number): Error {
  return invalid(`Unit ${unit} has labels that no class allows; give the confusion matrices some smoothing.`);
}

function requireInput(input: DawidSkeneInput): void {
  const { units, classes, workers, unit, worker, label, weight, known, smoothing = 0 } = input;
  requireSameLength({ unit, worker, label, ...(weight === undefined ? {} : { weight }) });
  requireWithin('The smoothing', smoothing, 0, Number.MAX_VALUE);
  if (classes < 2) throw invalid(`There are ${classes} classes; a label needs two to choose from.`);
  for (let at = 0; at < unit.length; at += 1) {
    if (unit[at] >>> 0 >= units)
      throw invalid(`Label ${at} names unit ${unit[at]}; units are 0 to ${units - 1}.`);
    if (worker[at] >>> 0 >= workers) {
      throw invalid(`Label ${at} names worker ${worker[at]}; workers are 0 to ${workers - 1}.`);
    }
    if (label[at] >>> 0 >= classes) {
      throw invalid(`Label ${at} names class ${label[at]}; classes are 0 to ${classes - 1}.`);
    }
    if (weight !== undefined) requireWithin(`The weight of label ${at}`, weight[at], 0, Number.MAX_VALUE);
  }
  if (known === undefined) return;
  requireSameLength({ units: { length: units }, known });
  const outside = known.find((one) => one < -1 || one >= classes);
  if (outside !== undefined)
    throw invalid(`A unit is known to be of class ${outside}; there are ${classes}.`);
}
