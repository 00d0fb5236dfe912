import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Criterion, Rubric } from '../../../../core/domain/rubric.js';
import { compositeScore, decidedValue } from '../../../../reward/rubric/composite.js';
import { prepareFormula } from '../../../../reward/rubric/formula/prepared-formulas.js';
import { describeWithGolden, goldenFile } from '../../../support/shared-data.js';

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

  it('leaves a criterion that nobody scored out of the sum, not out of the weights', () => {
    const composite = compositeScore(rubric, { a: 1, p: 1 });
    expect(composite.value).toBeCloseTo(3 / 4, 12);
    expect(composite.contributions).not.toHaveProperty('b');
  });

  it('drops criteria that do not apply from the weights too', () => {
    const applying = rubric.criteria.filter(({ key }) => key !== 'b');
    expect(compositeScore(rubric, { a: 0.5, p: 1 }, applying).value).toBeCloseTo(1 / 2, 12);
  });

  it('has no value, rather than 0, where nothing that weighs was scored', () => {
    expect(compositeScore(rubric, {})).toEqual({ contributions: {} });
    expect(() => decidedValue(compositeScore(rubric, {}), rubric)).toThrow('do not decide');
    expect(compositeScore(rubric, { b: 0 })).toMatchObject({ value: -1, vetoedBy: 'b' });
  });

  it('is what a formula says, clipped, with what each criterion changes it by', async () => {
    const formula = 'a * b - 2 * (1 - p)';
    await prepareFormula(formula, new Set(['a', 'b', 'p']), { source: 'r' });
    const own = { ...rubric, composite: { formula } };
    expect(compositeScore(own, { a: 0.5, b: 0.8, p: 0.9 })).toEqual({
      value: expect.closeTo(0.2, 12),
      contributions: { a: expect.closeTo(0.4, 12), b: expect.closeTo(0.4, 12), p: expect.closeTo(-0.2, 12) },
    });
    expect(compositeScore(own, { a: 0.5, b: 0.8, p: 0.1 }).value).toBe(-1);
    expect(compositeScore(own, { a: 1, b: 0, p: 1 })).toMatchObject({ value: -1, vetoedBy: 'b' });
    expect(compositeScore(own, { a: 1, b: 1 })).toEqual({ contributions: {} });
  });
});

const golden = z.object({
  healthbench_composite: z.object({
    example: z.object({ points: z.array(z.number()), met: z.array(z.boolean()), score: z.number() }),
  }),
});

describeWithGolden('HealthBench', 'aggregation.json', () => {
  it('gives the composite of its example, where a pitfall is what takes points when it is met', () => {
    const text = readFileSync(goldenFile('aggregation.json'), 'utf8');
    const { points, met, score } = golden.parse(JSON.parse(text)).healthbench_composite.example;
    const criteria = points.map((weight, at) =>
      criterion(`c${at}`, weight < 0 ? 'pitfall' : 'principle', Math.abs(weight)),
    );
    // A pitfall's good end is that it is not met.
    const scores = Object.fromEntries(met.map((isMet, at) => [`c${at}`, isMet === points[at] > 0 ? 1 : 0]));
    expect(compositeScore({ ...rubric, criteria }, scores).value).toBeCloseTo(score, 12);
  });
});
