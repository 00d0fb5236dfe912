import type { PreferencePair } from '../../../../coordinator/supervised/preference-pair.js';
import { preferredAnswers } from '../../../../coordinator/supervised/preferred-answers.js';

const pair = (probabilityFirst: number, weight = 1): PreferencePair => ({
  promptTokenIds: [1],
  first: [2],
  second: [3],
  probabilityFirst,
  weight,
});

describe('the answers that supervised fine-tuning on chosen answers learns from', () => {
  it('are the preferred ones, weighted by how far the label is from ½', () => {
    expect(preferredAnswers([pair(1), pair(0.25, 0.5)])).toEqual([
      { promptTokenIds: [1], answerTokenIds: [2], weight: 1 },
      { promptTokenIds: [1], answerTokenIds: [3], weight: 0.25 },
    ]);
  });

  it('leave out a pair without a side', () => {
    expect(preferredAnswers([pair(0.5), pair(0.9, 0)])).toEqual([]);
  });
});
