import type { Criterion } from '../../../../core/domain/rubric.js';
import { levelScore } from '../../../../reward/rubric/level-score.js';

const level = (at: number): { level: number; description: string; exemplars: [] } => ({
  ...{ level: at, description: `level ${at}` },
  exemplars: [],
});
const criterion: Criterion = {
  ...{ key: 'warmth', version: 1, dimension: 'norms', kind: 'principle', scale: 'ordinal', weight: 1 },
  ...{ evaluator: 'judge', parameters: {}, description: 'Warm.', sources: [], hash: 'h' },
  levels: [level(1), level(2), level(5)],
};

describe('levelScore', () => {
  it('places levels between their ends by their distance', () => {
    expect([1, 2, 5].map((at) => levelScore(criterion, at))).toEqual([0, 0.25, 1]);
  });

  it('pays a contested level by its readers, so that equal halves are paid alike', () => {
    const contested = { ...criterion, contested: { target: [0.4, 0.2, 0.4] } };
    expect([1, 2, 5].map((at) => levelScore(contested, at))).toEqual([1, 0.5, 1]);
  });

  it('refuses a level that the criterion lacks', () => {
    expect(() => levelScore(criterion, 3)).toThrow('no level 3');
    const bare: Criterion = {
      ...{ key: 'bare', version: 1, dimension: 'norms', kind: 'principle', scale: 'continuous', weight: 1 },
      ...{ evaluator: 'judge', parameters: {}, description: 'Bare.', sources: [], hash: 'h' },
    };
    expect(() => levelScore(bare, 0)).toThrow('no level 0');
  });
});
