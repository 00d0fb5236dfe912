import type { AnswerPair } from '../../../../core/domain/preference.js';
import type { Criterion, Rubric } from '../../../../core/domain/rubric.js';
import type { AnswerScorer } from '../../../../reward/judge/answer-scorer.js';
import { compareRubrics, type RubricSide } from '../../../../reward/rubric/compare-rubrics.js';
import { compositeScore } from '../../../../reward/rubric/composite.js';

function criterion(key: string, weight: number, hash = key): Criterion {
  return {
    ...{ key, version: 1, dimension: 'values', kind: 'principle', scale: 'continuous', weight, hash },
    ...{ evaluator: key, parameters: {}, description: key, sources: [] },
  };
}

/** Answers are their own scores: "a=1 b=0.5". */
function side(criteria: readonly Criterion[]): RubricSide {
  const rubric: Rubric = {
    ...{ id: 'r', version: '1.0.0', title: 'r', locale: 'ar', status: 'active', floor: -1, hash: 'h' },
    criteria,
  };
  const scoreAnswer: AnswerScorer = (_prompt, answer) => {
    const known = new Map(answer.split(' ').map((part): [string, string] => [part[0], part.slice(2)]));
    return compositeScore(
      rubric,
      Object.fromEntries(
        criteria.flatMap(({ key }) => (known.has(key) ? [[key, Number(known.get(key))] as const] : [])),
      ),
    );
  };
  return { rubric, scoreAnswer };
}

const pair = (id: string, first: string, second: string): AnswerPair => ({
  ...{ id, first, second },
  prompt: { id, locale: 'ar', text: 'a prompt' },
});

describe('compareRubrics', () => {
  // By hand. Before: weights 3 and 1; after: 1 and 3.
  const before = side([criterion('a', 3), criterion('b', 1)]);
  const after = side([criterion('a', 1), criterion('b', 3)]);
  const pairs = [
    pair('flip', 'a=1 b=0', 'a=0 b=1'), // +0.5 → −0.5
    pair('faint', 'a=0.6 b=0.5', 'a=0.5 b=0.7'), // +0.025 → −0.125
    pair('same', 'a=1 b=1', 'a=0 b=0'), // +1 → +1
    pair('even', 'a=0.2 b=0.2', 'a=0.1 b=0.5'), // 0 → −0.2
  ];

  it('counts flips and ties, and says which criteria decide them', () => {
    const comparison = compareRubrics([before, after], pairs);
    expect(comparison).toMatchObject({
      pairs: 4,
      decided: 4,
      flips: 2,
      tiesMade: 0,
      tiesBroken: 1,
      answers: 8,
    });
    expect(comparison.criteria).toEqual([
      {
        ...{ key: 'a', change: 'reweighted', flips: 1 },
        before: expect.closeTo((0.75 * (1 + 0.1 + 1 + 0.1)) / 4, 12),
        after: expect.closeTo((0.25 * (1 + 0.1 + 1 + 0.1)) / 4, 12),
      },
      expect.objectContaining({ key: 'b', change: 'reweighted', flips: 1 }),
    ]);
  });

  it('tells the clearest flips first, with what pushed towards the new preference', () => {
    const { examples } = compareRubrics([before, after], pairs);
    expect(examples.map((example) => example.pair.id)).toEqual(['flip', 'faint']);
    expect(examples[0]).toMatchObject({
      before: expect.closeTo(0.5, 12),
      after: expect.closeTo(-0.5, 12),
      because: [
        { criterion: 'a', push: expect.closeTo(0.5, 12) },
        { criterion: 'b', push: expect.closeTo(0.5, 12) },
      ],
    });
    expect(compareRubrics([before, after], pairs, 1).examples).toHaveLength(1);
  });

  it("gives Kendall's tau over the different answers", () => {
    // Before: 1, 0.75, 0.25, 0. After: 1, 0.25, 0.75, 0. Five of six pairs agree.
    const four = [
      pair('x', 'a=1 b=1', 'a=1 b=0'),
      pair('y', 'a=0 b=1', 'a=0 b=0'),
      pair('z', 'a=1 b=1', 'a=0 b=0'),
    ];
    const comparison = compareRubrics([before, after], four);
    expect(comparison.answers).toBe(4);
    expect(comparison.tau).toBeCloseTo(4 / 6, 12);
  });

  it('finds nothing between a rubric and itself', () => {
    const comparison = compareRubrics([before, before], pairs);
    expect(comparison).toMatchObject({ flips: 0, tiesMade: 0, tiesBroken: 0, examples: [] });
    expect(comparison.tau).toBeCloseTo(1, 12);
  });

  it('names criteria that were added, removed or changed in meaning', () => {
    const other = side([criterion('a', 3, 'another meaning'), criterion('c', 1)]);
    const { criteria } = compareRubrics([before, other], [pair('p', 'a=1 b=0 c=0', 'a=0 b=1 c=1')]);
    expect(criteria.map(({ key, change }) => [key, change])).toEqual([
      ['a', 'changed'],
      ['b', 'removed'],
      ['c', 'added'],
    ]);
    expect(criteria[1]).not.toHaveProperty('after');
    expect(criteria[2]).not.toHaveProperty('before');
  });

  it('leaves out pairs of which one rubric has nothing to say', () => {
    const silent = compareRubrics([before, side([criterion('z', 1)])], pairs);
    expect(silent).toMatchObject({ pairs: 4, decided: 0, flips: 0, answers: 0 });
    expect(silent).not.toHaveProperty('tau');
  });
});
