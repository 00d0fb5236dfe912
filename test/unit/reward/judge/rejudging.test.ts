import type { Criterion, Rubric } from '../../../../core/domain/rubric.js';
import { planRejudging } from '../../../../reward/judge/rejudging.js';
import { emptyRubric, pairOf, promptOf } from '../../../support/reward-fixtures.js';
import { arabic } from '../../../support/small-locales.js';

function criterion(key: string, hash: string, more: Partial<Criterion> = {}): Criterion {
  return {
    ...{ key, version: 1, dimension: 'norms', kind: 'principle', scale: 'continuous', weight: 1 },
    ...{ evaluator: 'judge', parameters: {}, description: key, sources: [], hash },
    ...more,
  };
}

const rubricOf = (hash: string, criteria: readonly Criterion[]): Rubric => ({
  ...emptyRubric,
  hash,
  criteria,
});
const PAIRS = [
  pairOf(promptOf(arabic, 'سؤال', 'a'), 'أ', 'ب'),
  pairOf(promptOf(arabic, 'كم رقم', 'b'), 'أ', 'ب'),
  pairOf(promptOf(arabic, 'سؤال', 'c'), 'أ', 'ب'),
];
const BEFORE = rubricOf('before', [
  criterion('warmth', 'w1'),
  criterion('names', 'n1'),
  criterion('rules', 'r1', { evaluator: 'local-entity' }),
]);

describe('what a swap asks judges', () => {
  it('is what changed of the judged criteria, where it applies, in both orders', () => {
    const after = rubricOf('after', [
      criterion('warmth', 'w1', { weight: 7 }),
      criterion('names', 'n2'),
      criterion('numbers', 'z1', { appliesWhen: { words: ['رقم'] } }),
      criterion('rules', 'r2', { evaluator: 'local-entity' }),
    ]);
    const plan = planRejudging({ rubric: after, judgedUnder: [BEFORE], pairs: PAIRS, orders: 'both' });
    expect(plan.changed.map(({ key }) => key)).toEqual(['names', 'numbers']);
    expect(plan.kept.map(({ key }) => key)).toEqual(['warmth']);
    // names for three pairs and numbers for one, twice each; with warmth, three pairs more; the whole, three pairs.
    expect(plan).toMatchObject({ byCriterion: 8, everyCriterion: 14, whole: 6 });
  });

  it('is nothing for a rubric that was in force before', () => {
    const after = rubricOf('after', [criterion('warmth', 'w2')]);
    const judgedUnder = [BEFORE, after];
    const plan = planRejudging({ rubric: BEFORE, judgedUnder, pairs: PAIRS, orders: 'both' });
    expect(plan).toMatchObject({ byCriterion: 0, everyCriterion: 12, whole: 0 });
  });

  it('is 55 % of that where orders are counterbalanced', () => {
    const pairs = Array.from({ length: 2000 }, (_, at) =>
      pairOf(promptOf(arabic, 'سؤال', `p${at}`), 'أ', 'ب'),
    );
    const rubric = rubricOf('after', [criterion('warmth', 'w2')]);
    const plan = planRejudging({ rubric, judgedUnder: [], pairs, orders: 'counterbalanced' });
    expect(plan.byCriterion / 4000).toBeCloseTo(0.55, 1);
    expect(plan.whole).toBe(plan.byCriterion);
  });
});
