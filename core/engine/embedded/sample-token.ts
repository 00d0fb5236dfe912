import { MajlisError } from '../../errors.js';

/** A drawn token and its natural log-probability. */
export interface SampledToken {
  readonly id: number;
  readonly logProb: number;
}

/**
 * Draws from softmax(logits / temperature) by inverting its cumulative sum at `uniform` in [0, 1). Sums are float64
 * over the float32 logits, in the order of ids, so equal logits give equal draws on every machine.
 * logits: [vocabulary]
 */
export function sampleToken(logits: Float32Array, temperature: number, uniform: number): SampledToken {
  let largest = -Infinity;
  for (let id = 0; id < logits.length; id += 1) if (logits[id] > largest) largest = logits[id];
  const cumulative = new Float64Array(logits.length);
  let total = 0;
  for (let id = 0; id < logits.length; id += 1) {
    total += Math.exp((logits[id] - largest) / temperature);
    cumulative[id] = total;
  }
  if (!Number.isFinite(total)) {
    throw new MajlisError('The policy gave logits that are not numbers.', { code: 'data_loss' });
  }
  const id = firstAbove(cumulative, uniform * total);
  return { id, logProb: (logits[id] - largest) / temperature - Math.log(total) };
}

/** The first index whose value is above `target`; a token of probability 0 never is. */
function firstAbove(cumulative: Float64Array, target: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  // uniform × total can round up to the total, which the last possible token then stands for.
  const reachable = target < cumulative[high] ? target : previousFloat(cumulative[high]);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (cumulative[middle] > reachable) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A number just below `value`, which is at least 1. */
function previousFloat(value: number): number {
  return value * (1 - Number.EPSILON);
}
