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
  for (const logit of logits) if (logit > largest) largest = logit;
  let total = 0;
  for (const logit of logits) total += Math.exp((logit - largest) / temperature);
  if (!Number.isFinite(total)) {
    throw new MajlisError('The policy gave logits that are not numbers.', { code: 'data_loss' });
  }
  const id = invert(logits, (logit) => Math.exp((logit - largest) / temperature), uniform * total);
  return { id, logProb: (logits[id] - largest) / temperature - Math.log(total) };
}

/** The first id at which the cumulative sum of probabilities passes `target`. */
function invert(logits: Float32Array, probability: (logit: number) => number, target: number): number {
  let cumulative = 0;
  let lastPossible = 0;
  for (let id = 0; id < logits.length; id += 1) {
    const weight = probability(logits[id]);
    cumulative += weight;
    if (cumulative > target) return id;
    if (weight > 0) lastPossible = id;
  }
  // Only where uniform × total rounds up to the total.
  return lastPossible;
}
