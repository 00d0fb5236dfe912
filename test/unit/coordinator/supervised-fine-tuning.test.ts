import {
  learningRateAt,
  packDemonstrations,
} from '../../../coordinator/supervised/supervised-fine-tuning.js';

describe('packDemonstrations', () => {
  it('weighs answer tokens alone and keeps each sequence at its offsets', () => {
    const batch = packDemonstrations([
      { promptTokenIds: [1, 2], answerTokenIds: [3, 0] },
      { promptTokenIds: [4], answerTokenIds: [5, 6, 0] },
    ]);
    expect([...batch.tokenIds]).toEqual([1, 2, 3, 0, 4, 5, 6, 0]);
    expect([...batch.weights]).toEqual([0, 0, 1, 1, 0, 1, 1, 1]);
    expect([...batch.offsets]).toEqual([0, 4, 8]);
  });
});

describe('learningRateAt', () => {
  const options = {
    steps: 110,
    sequencesPerStep: 1,
    learningRate: 1,
    warmupSteps: 10,
    promptNoise: 0,
    vocabSize: 8,
    seed: 1,
  };

  it('rises linearly to the peak, then falls to a tenth of it', () => {
    expect(learningRateAt(0, options)).toBeCloseTo(0.1, 12);
    expect(learningRateAt(9, options)).toBe(1);
    expect(learningRateAt(60, options)).toBeCloseTo(0.5, 12);
    expect(learningRateAt(109, options)).toBe(0.1);
  });
});
