import { requirePositive } from './argument-checks.js';

/**
 * Shannon entropy, in nats, of the softmax of one position's logits divided by a temperature. [token id]
 * H = log Σ exp(z) − Σ p·z with z shifted by its maximum, so that large logits do not overflow. A logit of −∞ is an
 * outcome that cannot happen and adds nothing.
 */
export function entropyFromLogits(logits: Float32Array, temperature = 1): number {
  requirePositive('The temperature', temperature);
  const highest = logits.reduce((high, logit) => Math.max(high, logit), -Infinity);
  let partition = 0;
  let weighted = 0;
  for (const logit of logits) {
    if (logit === -Infinity) continue;
    const shifted = (logit - highest) / temperature;
    const mass = Math.exp(shifted);
    partition += mass;
    weighted += mass * shifted;
  }
  return Math.log(partition) - weighted / partition;
}
