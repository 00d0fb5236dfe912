import type { GptConfig } from '../../core/network/gpt/gpt-config.js';
import type { Weights } from '../../core/network/gpt/gpt-parameters.js';
import { initialWeights } from '../../core/network/gpt/gpt-parameters.js';

/** Weights far enough from 0 for attention, biases and gains to matter. */
export function livelyWeights(config: GptConfig, seed: number): Weights {
  const weights = initialWeights(config, seed);
  const noise = initialWeights({ ...config, vocabSize: 4000 }, seed + 100).get('transformer.wte.weight');
  if (noise === undefined) throw new Error('no noise');
  let at = 0;
  for (const [name, values] of weights) {
    const scale = name.includes('.ln_') ? 1 : 10;
    values.forEach((value, index) => (values[index] = value * scale + 5 * noise[(at += 1) % noise.length]));
  }
  return weights;
}
