import { createRng } from '../../../../core/math/rng.js';
import type { Judge } from '../../../../reward/judge/judge.js';
import { createLearnedJudge } from '../../../../reward/judge/learned-judge.js';
import { fitNgramModel, ngramLogit } from '../../../../reward/judge/ngram-model.js';
import { judgePairs } from '../../../../reward/judge/panel.js';
import { createPositionBiasedJudge } from '../../../../reward/judge/position-biased-judge.js';
import { verdictOf } from '../../../../reward/judge/verdict-of.js';
import { collectVotes } from '../../../../reward/preference/panel-votes.js';
import { emptyRubric, pairOf, probabilityIn, promptOf } from '../../../support/reward-fixtures.js';
import { arabic } from '../../../support/small-locales.js';

const prompt = promptOf(arabic, 'سؤال');
const even: Judge = {
  id: 'even',
  kind: 'rules',
  judge: async (request) => verdictOf('even', request, { kind: 'scored', score: { probabilityFirst: 0.5 } }),
};
const broken: Judge = {
  id: 'broken',
  kind: 'rules',
  judge: async (request) =>
    verdictOf('broken', request, { kind: 'judge_failed', reason: 'down', retryable: true }),
};
const pairs = Array.from({ length: 40 }, (_, index) => pairOf(prompt, `أ ${index}`, `ب ${index}`));

describe('the position-biased judge', () => {
  it('favours whichever answer is shown first by its bias', async () => {
    const judge = createPositionBiasedJudge(even, { bias: 1, noise: 0, rng: createRng(1) });
    const verdicts = await judgePairs([judge], pairs.slice(0, 1), { rubric: emptyRubric });
    // σ(1) and σ(−1).
    expect(verdicts.map(probabilityIn)).toEqual([
      expect.closeTo(0.7310585786, 9),
      expect.closeTo(0.2689414214, 9),
    ]);
    expect(judge.kind).toBe('simulated');
    expect(judge.id).toBe('simulated-position-biased-even');
  });

  it('is noisy from pair to pair and the same from run to run', async () => {
    const run = async (): Promise<number[]> => {
      const judge = createPositionBiasedJudge(even, { bias: 0, noise: 1, rng: createRng(7) });
      return (await judgePairs([judge], pairs, { rubric: emptyRubric })).map(probabilityIn);
    };
    const first = await run();
    expect(new Set(first).size).toBe(80);
    expect(await run()).toEqual(first);
  });

  it('passes on the failure of the judge inside it', async () => {
    const judge = createPositionBiasedJudge(broken, { bias: 1, noise: 0, rng: createRng(1) });
    const verdict = await judge.judge({ pair: pairs[0], rubric: emptyRubric, order: 'first_shown_first' });
    expect(verdict.outcome).toEqual({ kind: 'judge_failed', reason: 'down', retryable: true });
    expect(verdict.judgeId).toBe(judge.id);
  });
});

describe('judgePairs', () => {
  it('keeps the order of pairs, judges and orders whatever finishes first', async () => {
    const verdicts = await judgePairs([even, broken], pairs, { rubric: emptyRubric, concurrency: 7 });
    expect(verdicts).toHaveLength(160);
    expect(verdicts.map(({ pairId }) => pairId)).toEqual(pairs.flatMap(({ id }) => [id, id, id, id]));
    expect(verdicts.slice(0, 4).map(({ judgeId, order }) => [judgeId, order])).toEqual([
      ['even', 'first_shown_first'],
      ['even', 'second_shown_first'],
      ['broken', 'first_shown_first'],
      ['broken', 'second_shown_first'],
    ]);
  });

  it('asks a judge that is blind to order once', async () => {
    const verdicts = await judgePairs([{ ...even, orderBlind: true }, broken], pairs.slice(0, 2), {
      rubric: emptyRubric,
    });
    expect(verdicts.map(({ judgeId }) => judgeId)).toEqual([
      'even',
      'broken',
      'broken',
      'even',
      'broken',
      'broken',
    ]);
  });

  it('counterbalances: neighbours see a pair in opposite orders, one pair in ten is asked in both', async () => {
    const many = Array.from({ length: 2000 }, (_, index) => pairOf(prompt, `أ ${index}`, `ب ${index}`));
    const verdicts = await judgePairs([even, broken], many, {
      rubric: emptyRubric,
      orders: 'counterbalanced',
    });
    const byPair = new Map<string, string[]>();
    for (const { pairId, judgeId, order } of verdicts) {
      byPair.set(pairId, [...(byPair.get(pairId) ?? []), `${judgeId} ${order}`]);
    }
    const orders = [...byPair.values()].map((asked) => asked.join(', '));
    const share = (asked: string): number => orders.filter((found) => found === asked).length / many.length;
    expect(share('even first_shown_first, broken second_shown_first')).toBeCloseTo(0.45, 1);
    expect(share('even second_shown_first, broken first_shown_first')).toBeCloseTo(0.45, 1);
    expect(verdicts.length / (4 * many.length)).toBeCloseTo(0.55, 1);
    expect(new Set(orders).size).toBe(3);
  });

  it('finds the position bias of counterbalanced judges and takes it off', async () => {
    const many = Array.from({ length: 400 }, (_, index) => pairOf(prompt, `أ ${index}`, `ب ${index}`));
    const judge = createPositionBiasedJudge(even, { bias: 0.9, noise: 0, rng: createRng(1) });
    const verdicts = await judgePairs([judge], many, { rubric: emptyRubric, orders: 'counterbalanced' });
    const { judges, votes } = collectVotes(verdicts);
    expect(judges.get(judge.id)?.positionBias).toBeCloseTo(0.9, 9);
    for (const pairVotes of votes.values()) expect(pairVotes.get(judge.id)).toBeCloseTo(0, 9);
  });

  it('refuses two judges of one name, and fewer families than it is to have', async () => {
    await expect(judgePairs([even, even], pairs, { rubric: emptyRubric })).rejects.toThrow(
      'judge panel: found two judges called "even"; allowed: an id for each judge',
    );
    const kin = [even, broken].map((judge) => ({ ...judge, family: 'sparrow' }));
    await expect(judgePairs(kin, pairs, { rubric: emptyRubric, leastFamilies: 2 })).rejects.toThrow(
      'judge panel at families: found 1 (sparrow); allowed: judges of at least 2 families',
    );
    const mixed = [{ ...even, family: 'sparrow' }, broken];
    await expect(judgePairs(mixed, pairs, { rubric: emptyRubric, leastFamilies: 2 })).resolves.toHaveLength(
      160,
    );
  });

  it('stops when it is aborted', async () => {
    const signal = AbortSignal.abort();
    await expect(judgePairs([even], pairs, { rubric: emptyRubric, signal })).rejects.toThrow(/abort/i);
  });
});

describe('the learned judge', () => {
  const training = [
    ['أنا عايز أروح دلوقتي', 'أريد أن أذهب الآن'],
    ['مش عارف أعمل إيه', 'لا أعرف ماذا أفعل'],
    ['إزيك عامل إيه النهارده', 'كيف حالك اليوم'],
    ['الأكل ده حلو أوي', 'هذا الطعام لذيذ جدا'],
    ['عايزين نقعد مع بعض شوية', 'نريد أن نجلس معا قليلا'],
  ].map(([better, worse]) => ({ better, worse }));
  const model = fitNgramModel(training);

  it.each([
    ['عايز أشرب شاي دلوقتي', 'أريد أن أشرب الشاي الآن'],
    ['مش عايز أروح النهارده', 'لا أريد أن أذهب اليوم'],
  ])('generalises from a few pairs to %s', (better, worse) => {
    expect(ngramLogit(model, better, worse)).toBeGreaterThan(0.3);
  });

  it('is exactly antisymmetric and indifferent between equal answers', () => {
    expect(ngramLogit(model, 'نعم', 'لا أعرف')).toBe(-ngramLogit(model, 'لا أعرف', 'نعم'));
    expect(ngramLogit(model, 'نعم', 'نعم')).toBe(0);
  });

  it('abstains under a rubric for which nothing was fitted', async () => {
    const judge = createLearnedJudge({ models: new Map([['other', model]]) });
    const verdict = await judge.judge({ pair: pairs[0], rubric: emptyRubric, order: 'first_shown_first' });
    expect(verdict.outcome.kind).toBe('abstained');
  });

  it('scores under a rubric for which it was fitted', async () => {
    const judge = createLearnedJudge({ models: new Map([[emptyRubric.hash, model]]) });
    const pair = pairOf(prompt, 'أنا مش عايز دلوقتي', 'أنا لا أريد الآن');
    expect(
      probabilityIn(await judge.judge({ pair, rubric: emptyRubric, order: 'second_shown_first' })),
    ).toBeGreaterThan(0.5);
  });
});
