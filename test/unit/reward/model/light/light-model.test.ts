import type { FeatureReader } from '../../../../../reward/model/light/answer-features.js';
import { withoutHeads, type LightModel } from '../../../../../reward/model/light/light-model.js';
import { createLightScorer } from '../../../../../reward/model/light/score-features.js';

const MODEL: LightModel = {
  space: { ngrams: { buckets: 4, shortest: 1, longest: 1 }, criteria: ['rule'], locales: ['ar'] },
  columns: 3,
  ngramWeights: Float32Array.from([0.1, 1, 2, 0.2, 3, 4, 0.3, 5, 6, 0.4, 7, 8]),
  denseWeights: Float32Array.from([0.5, 9, 1, 0.6, 2, 3, 0.7, 4, 5, 0.8, 6, 7]),
  centres: new Map([['ar', Float32Array.from([0.9, 1, 2])]]),
  centre: Float32Array.from([0.25, 3, 4]),
  temperature: 1.5,
  tieWidth: 0,
  style: { weights: [], scales: [] },
};

const read: FeatureReader = () => ({
  ngrams: { indices: Int32Array.from([3, 1]), values: Float64Array.from([0.6, 0.8]), length: 2 },
  rules: Float64Array.from([0.3, 1]),
  localeBlock: 0,
});

describe('withoutHeads', () => {
  it.each(['ar', 'ko'])('keeps the mean to the last bit, in %s, and has no doubt', (locale) => {
    const whole = createLightScorer(MODEL, read)({ id: 'p', locale, text: 'q' }, 'a');
    const mean = createLightScorer(withoutHeads(MODEL), read)({ id: 'p', locale, text: 'q' }, 'a');
    expect(whole.variance).toBeGreaterThan(0);
    expect(mean).toEqual({ mean: whole.mean, variance: 0 });
  });
});
