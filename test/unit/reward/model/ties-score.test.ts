import { createRng } from '../../../../core/math/rng.js';
import { evaluateTies, type TiedQuestion } from '../../../../reward/model/ties-score.js';

/** The figures that rewardbench/utils.py gives for these rewards (allenai/reward-bench at 05a9005). */
const questions: TiedQuestion[] = [
  {
    tied: { correct: [2.5, 2.0, 2.25], incorrect: [-1.0, 0.5] },
    reference: { correct: [3.0], incorrect: [1.0, 0.5] },
  },
  { tied: { correct: [1.0, -0.5], incorrect: [0.25] }, reference: { correct: [0.5], incorrect: [-2.0] } },
  // No spread between right answers, and the gap on the wrong side: the margin is the smallest there is.
  { tied: { correct: [1.5, 1.5], incorrect: [0.75] }, reference: { correct: [0.1], incorrect: [0.4] } },
  { tied: { correct: [2.0, 1.2], incorrect: [0.9] }, reference: { correct: [4.0], incorrect: [1.0, 2.0] } },
  { reference: { correct: [-1.0], incorrect: [-3.0] } },
];

describe('evaluateTies', () => {
  it('gives the figures of RewardBench 2', () => {
    const found = evaluateTies(questions, createRng(1));
    expect(found).toMatchObject({ questions: 5, paired: 4 });
    expect(found.score?.value).toBeCloseTo(0.6112606990102039, 12);
    expect(found.tiedAccuracy?.value).toBeCloseTo(0.75, 12);
    expect(found.referenceAccuracy?.value).toBeCloseTo(0.8, 12);
    expect(found.preferred?.value).toBeCloseTo(0.5, 12);
    expect(found.preferredHard?.value).toBeCloseTo(0.25, 12);
    expect(found.margin?.value).toBeCloseTo(-0.373930098979608, 12);
  });

  it('gives every figure an interval around it', () => {
    const found = evaluateTies(questions, createRng(1));
    for (const figure of [found.score, found.tiedAccuracy, found.preferred, found.margin]) {
      expect(figure?.low).toBeLessThan(figure?.value ?? NaN);
      expect(figure?.high).toBeGreaterThan(figure?.value ?? NaN);
    }
  });

  it('has no score where no question has both halves', () => {
    const found = evaluateTies([questions[4]], createRng(1));
    expect(found).toMatchObject({ questions: 1, paired: 0, referenceAccuracy: { value: 1 } });
    expect(found).not.toHaveProperty('score');
    expect(found).not.toHaveProperty('tiedAccuracy');
  });

  it('calls a gap of nothing over a spread of nothing no margin', () => {
    const even = { correct: [1, 1], incorrect: [1] };
    const found = evaluateTies([{ tied: even, reference: { correct: [1], incorrect: [1] } }], createRng(1));
    expect(found.margin?.value).toBe(0);
    expect(found.tiedAccuracy?.value).toBe(0);
  });
});
