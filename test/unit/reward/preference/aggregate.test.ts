import type { Order, Outcome, PairScore, PairVerdict } from '../../../../core/domain/verdict.js';
import { createRng } from '../../../../core/math/rng.js';
import { aggregate } from '../../../../reward/preference/aggregate.js';
import { flippedPairs } from '../../../../reward/preference/flipped-pairs.js';
import { averageFuser, fitAnchoredStack } from '../../../../reward/preference/fuser.js';
import { panelAccuracy } from '../../../../reward/preference/panel-accuracy.js';
import { collectVotes } from '../../../../reward/preference/panel-votes.js';
import { shuffleLabels } from '../../../../reward/preference/shuffle-labels.js';
import { pairOf, promptOf } from '../../../support/reward-fixtures.js';
import { arabic } from '../../../support/small-locales.js';

const sigma = (logit: number): number => 1 / (1 + Math.exp(-logit));

function verdict(judgeId: string, pairId: string, order: Order, outcome: Outcome<PairScore>): PairVerdict {
  return { judgeId, pairId, order, rubricHash: 'r', outcome };
}
function scored(probabilityFirst: number, contributions?: Record<string, number>): Outcome<PairScore> {
  return {
    kind: 'scored',
    score: { probabilityFirst, ...(contributions === undefined ? {} : { contributions }) },
  };
}
/** Both orders of a judge whose logit is d in the pair's frame, plus β for whichever is shown first. */
function bothOrders(judgeId: string, pairId: string, d: number, beta = 0): PairVerdict[] {
  return [
    verdict(judgeId, pairId, 'first_shown_first', scored(sigma(d + beta))),
    verdict(judgeId, pairId, 'second_shown_first', scored(sigma(d - beta))),
  ];
}
const failed: Outcome<PairScore> = { kind: 'judge_failed', reason: 'down', retryable: true };

const prompt = promptOf(arabic, 'س', 'one');
const pair = pairOf(prompt, 'أ', 'ب');
const sibling = pairOf(prompt, 'أ', 'ت');
const stranger = pairOf(promptOf(arabic, 'س', 'two'), 'أ', 'ب');

describe('collectVotes', () => {
  it('takes a constant position bias out exactly and reports it', () => {
    const { votes, judges } = collectVotes([
      ...bothOrders('j', 'a', 0.7, 1.5),
      ...bothOrders('j', 'b', -0.2, 1.5),
    ]);
    expect(votes.get('a')?.get('j')).toBeCloseTo(0.7, 10);
    expect(votes.get('b')?.get('j')).toBeCloseTo(-0.2, 10);
    expect(judges.get('j')?.positionBias).toBeCloseTo(1.5, 10);
  });

  it.each([
    ['first_shown_first', 0.3 + 1],
    ['second_shown_first', 0.3 - 1],
  ] as const)('corrects a pair with only %s by the bias of the other pairs', (order, logit) => {
    const { votes } = collectVotes([
      ...bothOrders('j', 'a', 0.7, 1),
      verdict('j', 'b', order, scored(sigma(logit))),
    ]);
    expect(votes.get('b')?.get('j')).toBeCloseTo(0.3, 10);
  });

  it('counts what was excluded by its kind and gives it no vote', () => {
    const { votes, judges, excludedByPair } = collectVotes([
      verdict('j', 'a', 'first_shown_first', failed),
      verdict('j', 'a', 'second_shown_first', { kind: 'unparseable', raw: '?' }),
    ]);
    expect(votes.has('a')).toBe(false);
    expect(judges.get('j')).toEqual({
      verdicts: 2,
      excluded: { judge_failed: 1, unparseable: 1 },
      positionBias: 0,
    });
    expect(excludedByPair.get('a')).toBe(2);
  });

  it('keeps a certain judge finite', () => {
    expect(
      collectVotes([verdict('j', 'a', 'first_shown_first', scored(1))])
        .votes.get('a')
        ?.get('j'),
    ).toBe(4);
  });
});

describe('aggregate', () => {
  it('averages the judges where there is no gold', () => {
    const verdicts = [...bothOrders('j', pair.id, 2, 1), ...bothOrders('k', pair.id, -1)];
    const { preferences } = aggregate({ rubricHash: 'r', pairs: [pair], verdicts, fuser: averageFuser });
    expect(preferences[0].probabilityFirst).toBeCloseTo(sigma(0.5), 10);
  });

  it('drops and names a pair without a single score, and shares weight 1 among the rest of its prompt', () => {
    const lost = pairOf(prompt, 'ب', 'ت');
    const verdicts = [
      ...[pair, sibling, stranger].flatMap(({ id }) => bothOrders('j', id, 1)),
      verdict('k', pair.id, 'first_shown_first', failed),
      verdict('j', lost.id, 'first_shown_first', failed),
    ];
    const result = aggregate({
      rubricHash: 'r',
      pairs: [pair, lost, sibling, stranger],
      verdicts,
      fuser: averageFuser,
    });
    expect(result.droppedPairs).toEqual([lost.id]);
    expect(result.preferences.map(({ weight, excludedVerdicts }) => [weight, excludedVerdicts])).toEqual([
      [0.5, 1],
      [0.5, 0],
      [1, 0],
    ]);
  });

  it('reads no verdict of another rubric', () => {
    const other = bothOrders('j', pair.id, 1).map((one) => ({ ...one, rubricHash: 'other' }));
    expect(
      aggregate({ rubricHash: 'r', pairs: [pair], verdicts: other, fuser: averageFuser }).preferences,
    ).toEqual([]);
  });

  it('mirrors when the answers of a pair are swapped', () => {
    const fuser = fitAnchoredStack([{ votes: new Map([['j', 1]]), firstIsBetter: true }]);
    const there = fuser.fuse(new Map([['j', 0.8]]));
    expect(fuser.fuse(new Map([['j', -0.8]]))).toBeCloseTo(1 - there, 12);
  });
});

describe('the anchored stack', () => {
  it('uses a contrarian judge with its sign turned and ignores a coin', () => {
    const rng = createRng(9);
    const anchors = Array.from({ length: 2000 }, () => {
      const truth = rng.integer(2) === 0 ? 1 : -1;
      const votes = new Map([
        ['good', rng.uniform() < 0.8 ? truth : -truth],
        ['contrarian', rng.uniform() < 0.8 ? -truth : truth],
        ['coin', rng.integer(2) === 0 ? 1 : -1],
      ]);
      return { votes, firstIsBetter: truth === 1 };
    });
    const { weights } = fitAnchoredStack(anchors);
    expect(weights.get('good')).toBeGreaterThan(0.4);
    expect(weights.get('contrarian')).toBeLessThan(-0.4);
    expect(Math.abs(weights.get('coin') ?? NaN)).toBeLessThan(0.1);
  });
});

describe('panelAccuracy', () => {
  it('scores judges and panel on gold, ties half, and leaves out what nobody judged', () => {
    const verdicts = [
      ...bothOrders('j', 'a', 1),
      ...bothOrders('j', 'b', 1),
      ...bothOrders('j', 'c', 0),
      ...bothOrders('k', 'a', 3),
      ...bothOrders('k', 'b', -3),
    ];
    const gold = new Map([
      ['a', true],
      ['b', false],
      ['c', true],
      ['d', true],
    ]);
    const { judges, fused } = panelAccuracy(verdicts, gold, averageFuser);
    expect(judges.get('j')).toMatchObject({ accuracy: 0.5, pairs: 3 });
    expect(judges.get('k')).toMatchObject({ accuracy: 1, pairs: 2 });
    expect(fused).toMatchObject({ accuracy: 2.5 / 3, pairs: 3 });
    expect(judges.get('j')?.brier).toBeCloseTo((0.2689414214 ** 2 + 0.7310585786 ** 2 + 0.25) / 3, 9);
  });

  it('has no accuracy where there was nothing to judge', () => {
    expect(panelAccuracy([], new Map([['a', true]]), averageFuser).fused).toEqual({ pairs: 0 });
  });
});

describe('flippedPairs', () => {
  it('names the pairs that changed sides, the furthest first, with the criterion that did it', () => {
    const under = (rows: [typeof pair, number, Record<string, number>][]): ReturnType<typeof aggregate> =>
      aggregate({
        rubricHash: 'r',
        pairs: rows.map(([one]) => one),
        verdicts: rows.map(([one, p, parts]) => verdict('j', one.id, 'first_shown_first', scored(p, parts))),
        fuser: averageFuser,
      });
    const before = under([
      [pair, 0.8, { names: 0.1, register: 0.5 }],
      [sibling, 0.6, { names: 0.1, register: 0.1 }],
      [stranger, 0.7, { names: 0.4, register: 0.1 }],
    ]);
    const after = under([
      [pair, 0.3, { names: 0.2, register: -0.5 }],
      [sibling, 0.9, { names: 0.3, register: 0.1 }],
      [stranger, 0.1, { names: 0, register: 0.1, loops: -0.9 }],
    ]);
    const flips = flippedPairs(before, after);
    expect(flips.map((flip) => [flip.pair.id, flip.criterion])).toEqual([
      [stranger.id, 'loops'],
      [pair.id, 'register'],
    ]);
    expect(flips[1].change).toBeCloseTo(-1, 12);
    expect(flippedPairs(before, before)).toEqual([]);
  });
});

describe('shuffleLabels', () => {
  const preferences = Array.from({ length: 50 }, (_, at) => ({
    pair: pairOf(prompt, `أ${at}`, `ب${at}`),
    rubricHash: 'r',
    probabilityFirst: at / 50,
    weight: 1 / (1 + at),
    excludedVerdicts: at,
  }));

  it('keeps the labels and the pairs but not which goes with which', () => {
    const shuffled = shuffleLabels(preferences, createRng(1));
    const labels = shuffled.map(({ probabilityFirst }) => probabilityFirst);
    expect([...labels].sort((a, b) => a - b)).toEqual(
      preferences.map(({ probabilityFirst }) => probabilityFirst),
    );
    expect(shuffled.map(({ pair: one, weight }) => [one.id, weight])).toEqual(
      preferences.map(({ pair: one, weight }) => [one.id, weight]),
    );
    expect(labels.filter((label, at) => label === at / 50).length).toBeLessThan(6);
  });

  it('is a function of its seed', () => {
    expect(shuffleLabels(preferences, createRng(2))).toEqual(shuffleLabels(preferences, createRng(2)));
    expect(shuffleLabels(preferences, createRng(2))).not.toEqual(shuffleLabels(preferences, createRng(3)));
  });
});
