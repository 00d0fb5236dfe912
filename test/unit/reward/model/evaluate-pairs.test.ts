import { createRng } from '../../../../core/math/rng.js';
import { comparePairs } from '../../../../reward/model/compare-pairs.js';
import { evaluatePairs } from '../../../../reward/model/evaluate-pairs.js';
import type { LabelledPair } from '../../../../reward/model/labelled-pair.js';
import type { RewardModel } from '../../../../reward/model/reward-model.js';
import { scorePairs, type ScoredPair } from '../../../../reward/model/score-pairs.js';

function scored(lead: number, probabilityFirst: number, changes: Partial<ScoredPair> = {}): ScoredPair {
  return {
    promptKey: `${lead}`,
    locale: 'ar',
    probabilityFirst,
    lead,
    variance: 0,
    lengthGap: 0,
    ...changes,
  };
}

const evaluate = (pairs: readonly ScoredPair[]): ReturnType<typeof evaluatePairs> =>
  evaluatePairs(pairs, { rng: createRng(1), resamples: 200 });

describe('evaluatePairs', () => {
  it('counts what is right among the decided pairs, an even score half', () => {
    const found = evaluate([scored(2, 1), scored(1, 0), scored(-1, 0.2), scored(0, 1), scored(3, 0.5)]);
    expect(found).toMatchObject({ pairs: 5, prompts: 5, decided: 4 });
    expect(found.accuracy?.value).toBe(2.5 / 4);
    expect(found.accuracy?.low).toBeLessThan(2.5 / 4);
    expect(found.accuracy?.high).toBeGreaterThan(2.5 / 4);
  });

  it('resamples prompts and not pairs', () => {
    const rows = Array.from({ length: 200 }, (_, at) => scored(at % 2 === 0 ? 1 : -1, 1));
    const apart = evaluate(rows.map((pair, at) => ({ ...pair, promptKey: `${at}` })));
    const together = evaluate(rows.map((pair, at) => ({ ...pair, promptKey: `${at % 2}` })));
    const width = ({ accuracy }: ReturnType<typeof evaluate>): number =>
      (accuracy?.high ?? 0) - (accuracy?.low ?? 0);
    expect(together.prompts).toBe(2);
    expect(width(together)).toBeGreaterThan(5 * width(apart));
  });

  it('finds a lead that grows with length while the label stays the same, and what length alone would get right', () => {
    // lead = 2·(2y − 1) + 0.5·gap/rms; the gaps' root mean square is √((100² + 300²)/2) = 223.6.
    const typical = Math.sqrt((100 ** 2 + 300 ** 2) / 2);
    const rows = [100, -300, -100, 300].flatMap((lengthGap, at) =>
      [0, 1].map((label) =>
        scored(2 * (2 * label - 1) + (0.5 * lengthGap) / typical, label, {
          lengthGap,
          promptKey: `${at}${label}`,
        }),
      ),
    );
    const found = evaluate(rows);
    expect(found.lengthSlope?.value).toBeCloseTo(0.5, 9);
    expect(found.longerAccuracy?.value).toBe(0.5);
    expect(found.byLengthGap.map(({ group }) => group)).toEqual(['up to 100', '101 to 300']);
  });

  it('does not depend on which answer stands first', () => {
    const rows = Array.from({ length: 60 }, (_, at) =>
      scored(Math.sin(at), (at * 7) % 11 < 6 ? 1 : 0.25, {
        lengthGap: ((at * 13) % 17) - 8,
        promptKey: `${at}`,
      }),
    );
    const turned = rows.map((pair) => ({
      ...pair,
      probabilityFirst: 1 - pair.probabilityFirst,
      lead: -pair.lead,
      lengthGap: -pair.lengthGap,
    }));
    const [one, other] = [evaluate(rows), evaluate(turned)];
    for (const name of ['accuracy', 'longerAccuracy', 'logLoss', 'brier', 'ece', 'lengthSlope'] as const) {
      expect(other[name]?.value).toBeCloseTo(one[name]?.value ?? NaN, 9);
      expect(other[name]?.low).toBeCloseTo(one[name]?.low ?? NaN, 9);
    }
    expect(other.temperature).toBeCloseTo(one.temperature, 6);
  });

  it('says what calibration error chance alone would bring', () => {
    const few = evaluate(
      Array.from({ length: 30 }, (_, at) =>
        scored(1, at % 4 === 0 ? 0 : 1, { promptKey: `${at}`, lead: 1 + at / 1000 }),
      ),
    );
    const many = evaluate(
      Array.from({ length: 1000 }, (_, at) =>
        scored(1, at % 4 === 0 ? 0 : 1, { promptKey: `${at}`, lead: 1 + at / 1e5 }),
      ),
    );
    expect(few.ece?.low).toBeLessThanOrEqual(few.ece?.value ?? NaN);
    expect(few.eceByChance).toBeGreaterThan(0.1);
    expect(many.eceByChance).toBeLessThan(0.06);
  });

  it('has no accuracy where all labels are even', () => {
    const found = evaluate([scored(1, 0.5), scored(2, 0.5)]);
    expect(found).not.toHaveProperty('accuracy');
    expect(found).toMatchObject({ decided: 0, byLocale: [], bySureness: [] });
    expect(found.logLoss?.value).toBeGreaterThan(Math.log(2));
  });

  it('is right more often where it is surer', () => {
    const rows = [
      scored(5, 1),
      scored(4, 1),
      scored(0.1, 0),
      scored(0.2, 1),
      scored(3, 0, { variance: 100 }),
    ];
    expect(
      evaluate(rows.map((row) => ({ ...row, variance: Math.max(0.01, row.variance) }))).bySureness,
    ).toEqual([
      { share: 1, accuracy: 3 / 5 },
      { share: 0.8, accuracy: 3 / 4 },
      { share: 0.6, accuracy: 1 },
      { share: 0.4, accuracy: 1 },
      { share: 0.2, accuracy: 1 },
    ]);
  });
});

const pair = (first: string, second: string): LabelledPair => ({
  prompt: { id: 'p', locale: 'ar', text: first },
  first,
  second,
  probabilityFirst: 1,
  weight: 1,
});

/** Pays a logit per character and cannot read what starts with a question mark. */
const byLength: RewardModel = {
  hash: 'h',
  rubricHash: 'r',
  score: async (answers) =>
    answers.map(({ answer }) =>
      answer.startsWith('?')
        ? { kind: 'judge_failed', reason: 'no', retryable: false }
        : { kind: 'scored', score: { mean: answer.length, variance: 1 } },
    ),
};

describe('scorePairs', () => {
  it('scores in order, and tells apart why pairs were left out', async () => {
    const { scored: found, excluded } = await scorePairs(byLength, [
      pair('abc', 'a'),
      pair('same', 'same'),
      pair('a', '?'),
      pair('?', 'a'),
      pair('a', 'ab'),
    ]);
    expect(found.map(({ lead, variance, lengthGap }) => [lead, variance, lengthGap])).toEqual([
      [2, 2, 2],
      [-1, 2, -1],
    ]);
    expect(excluded).toEqual({ equal_answers: 1, judge_failed: 2 });
  });
});

describe('comparePairs', () => {
  it('gives the difference of two models pair by pair', () => {
    const first = Array.from({ length: 100 }, (_, at) => scored(1, 1, { promptKey: `${at}` }));
    const second = first.map((row, at) => ({ ...row, lead: at < 25 ? -1 : 1 }));
    const found = comparePairs(first, second, { rng: createRng(1) });
    expect(found).toMatchObject({ pairs: 100, disagreements: 25 });
    expect(found.accuracy?.value).toBe(0.25);
    expect(found.accuracy?.low).toBeGreaterThan(0.15);
    // −log σ(1) less, where they agree nothing: 25 pairs cost 1 nat more each.
    expect(found.logLoss?.value).toBeCloseTo(-0.25, 9);
    const same = comparePairs(first, first, { rng: createRng(1) });
    expect(same).toMatchObject({ disagreements: 0, accuracy: { value: 0, low: 0, high: 0 } });
  });
});
