import type { Criterion, Rubric } from '../../../../core/domain/rubric.js';
import { compositeScore } from '../../../../reward/rubric/composite.js';

function criterion(key: string, kind: Criterion['kind'], weight: number, veto?: number): Criterion {
  const base = {
    key,
    version: 1,
    dimension: 'values',
    evaluator: key,
    parameters: {},
    description: key,
    sources: [],
    scale: 'continuous' as const,
    hash: key,
  };
  return { ...base, kind, weight, ...(veto === undefined ? {} : { veto: { threshold: veto } }) };
}
const rubric: Rubric = {
  id: 'r',
  version: '1.0.0',
  title: 'r',
  locale: 'ar',
  status: 'active',
  floor: -1,
  hash: 'h',
  criteria: [criterion('a', 'principle', 3), criterion('b', 'hard_rule', 1, 0), criterion('p', 'pitfall', 2)],
};

describe('compositeScore', () => {
  // By hand: positive weight 4.
  it.each([
    ['all good', { a: 1, b: 1, p: 1 }, 1],
    ['a half met', { a: 0.5, b: 1, p: 1 }, 2.5 / 4],
    ['a pitfall half fallen into', { a: 1, b: 1, p: 0.5 }, 3 / 4],
    ['nothing good and the whole pitfall', { a: 0, b: 0.1, p: 0 }, (0.1 - 2) / 4],
  ])('weighs %s', (_case, scores, expected) => {
    const composite = compositeScore(rubric, scores);
    expect(composite.value).toBeCloseTo(expected, 12);
    expect(Object.values(composite.contributions).reduce((sum, part) => sum + part)).toBeCloseTo(
      expected,
      12,
    );
    expect(composite.vetoedBy).toBeUndefined();
  });

  it('clips at −1', () => {
    const harsh = { ...rubric, criteria: [criterion('a', 'principle', 1), criterion('p', 'pitfall', 9)] };
    expect(compositeScore(harsh, { a: 0, p: 0 }).value).toBe(-1);
  });

  it('sets a vetoed answer to the floor, below every answer that was not vetoed', () => {
    const vetoed = compositeScore(rubric, { a: 1, b: 0, p: 1 });
    expect(vetoed.value).toBe(-1);
    expect(vetoed.vetoedBy).toBe('b');
    expect(Object.values(vetoed.contributions).reduce((sum, part) => sum + part)).toBeCloseTo(-1, 12);
    expect(vetoed.contributions.b).toBeLessThan(vetoed.contributions.a);
  });
});
