import {
  elementCount,
  gptParameters,
  initialWeights,
} from '../../../../../core/network/gpt/gpt-parameters.js';

const CONFIG = { vocabSize: 512, contextLength: 64, layers: 4, width: 128, heads: 4 };

function deviation(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
}

describe('gptParameters', () => {
  it('has as many parameters as GPT-2 of that size with its own output matrix', () => {
    const total = gptParameters(CONFIG).reduce((sum, { shape }) => sum + elementCount(shape), 0);
    // 2 · 512 · 128 + 64 · 128 + 4 · (12 · 128² + 13 · 128) + 2 · 128
    expect(total).toBe(932_608);
  });

  it('gives a scoring model heads instead of the output matrix', () => {
    const names = gptParameters(CONFIG, 3).map(({ name }) => name);
    expect(names).not.toContain('lm_head.weight');
    expect(gptParameters(CONFIG, 3).slice(-2)).toEqual([
      { name: 'score.weight', shape: [3, 128] },
      { name: 'score.bias', shape: [3] },
    ]);
  });
});

describe('initialWeights', () => {
  it('starts matrices at 0.02, residual projections at 0.02/√(2·layers), norms at 1 and 0', () => {
    const weights = initialWeights(CONFIG, 1);
    const of = (name: string): Float32Array => weights.get(name) ?? new Float32Array();
    expect(deviation(of('transformer.h.2.attn.c_attn.weight'))).toBeCloseTo(0.02, 3);
    expect(deviation(of('transformer.h.2.mlp.c_proj.weight'))).toBeCloseTo(0.02 / Math.sqrt(8), 3);
    expect(new Set(of('transformer.h.0.ln_1.weight'))).toEqual(new Set([1]));
    expect(new Set(of('transformer.h.0.attn.c_attn.bias'))).toEqual(new Set([0]));
  });

  it('is a function of the seed, and gives a trunk the same weights under any head', () => {
    const weights = initialWeights(CONFIG, 7);
    expect(initialWeights(CONFIG, 7)).toEqual(weights);
    expect(initialWeights(CONFIG, 8).get('lm_head.weight')).not.toEqual(weights.get('lm_head.weight'));
    const critic = initialWeights(CONFIG, 7, 1);
    expect(critic.get('transformer.wte.weight')).toEqual(weights.get('transformer.wte.weight'));
    expect(critic.get('score.weight')).toEqual(new Float32Array(128));
  });
});
