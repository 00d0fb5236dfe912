import type { LabelledPair } from '../../../../../reward/model/labelled-pair.js';
import { createLightRewardModel } from '../../../../../reward/model/light/light-reward-model.js';
import { simulateJudgedTexts } from '../../../../support/judged-texts.js';
import { scoresOf, trainLight, trainShipped } from '../../../../support/light-training.js';

const prompt = (at: number, locale = 'ar'): LabelledPair['prompt'] => ({
  id: `p${at}`,
  locale,
  text: `سؤال رقم ${at}`,
});

/** Answers that say نعم are the better ones; the longer is now one and now the other. */
function yesPairs(count: number, change: Partial<LabelledPair> = {}): LabelledPair[] {
  return Array.from({ length: count }, (_, at) => ({
    prompt: prompt(at),
    first: `نعم يمكنك ذلك في اليوم ${at}${at % 2 === 0 ? ' حقا' : ''}`,
    second: `لا أعرف ذلك في اليوم ${at}${at % 2 === 0 ? '' : ' حقا'}`,
    probabilityFirst: 1,
    weight: 1,
    ...change,
  }));
}

describe('trainLightModel', () => {
  it('learns which answer is better, from soft labels as far as they go', async () => {
    const lead = async (probabilityFirst: number): Promise<number> => {
      const pairs = yesPairs(60, { probabilityFirst });
      const trained = await trainLight(pairs, { change: { heldOutShare: 0 } });
      const answers = pairs.slice(0, 2).flatMap(({ first, second }) => [first, second]);
      const [yes, no, yesToo, noToo] = await scoresOf(trained, prompt(900), answers);
      return (yes.mean - no.mean + yesToo.mean - noToo.mean) / 2;
    };
    const [sure, likely, other] = [await lead(1), await lead(0.7), await lead(0.1)];
    expect(sure).toBeGreaterThan(likely);
    expect(likely).toBeGreaterThan(0.3);
    // The likeliest lead of a label of 0.7 is its logit, 0.85; the prior holds it back.
    expect(likely).toBeLessThan(0.85);
    expect(other).toBeLessThan(-0.3);
  });

  it('is the same model for the same pairs and seed, and another for another seed', async () => {
    const pairs = yesPairs(40);
    const [one, again, other] = await Promise.all([
      trainLight(pairs),
      trainLight(pairs),
      trainLight(pairs, { seed: 2 }),
    ]);
    expect(again).toEqual(one);
    expect(other.reward.hash).not.toBe(one.reward.hash);
    expect(other.reward.model.ngramWeights).not.toEqual(one.reward.model.ngramWeights);
    expect(one.fit.converged).toBe(true);
  });

  it('leads by a margin that is asked for', async () => {
    const lead = async (margin: number): Promise<number> => {
      const trained = await trainLight(yesPairs(60, { margin }), { change: { heldOutShare: 0 } });
      const [yes, no] = await scoresOf(trained, prompt(900), ['نعم يمكنك ذلك', 'لا أعرف ذلك']);
      return yes.mean - no.mean;
    };
    expect(await lead(2)).toBeGreaterThan((await lead(0)) + 0.5);
  });

  it('draws even answers together, and fits a width for ties where it is asked to', async () => {
    const decided = yesPairs(60);
    const even = yesPairs(60, { probabilityFirst: 0.5, tie: true });
    const change = { heldOutShare: 0 };
    const leadOf = async (trained: Awaited<ReturnType<typeof trainLight>>): Promise<number> => {
      const [yes, no] = await scoresOf(trained, prompt(900), ['نعم يمكنك ذلك', 'لا أعرف ذلك']);
      return yes.mean - no.mean;
    };
    const alone = await trainLight(decided, { change });
    const mixed = await trainLight([...decided, ...even], { change });
    const width = await trainLight([...decided, ...even], {
      change: { ...change, ties: 'rao_kupper' },
    });
    expect(await leadOf(mixed)).toBeLessThan(await leadOf(alone));
    expect(await leadOf(mixed)).toBeGreaterThan(0);
    expect(mixed.reward.model.tieWidth).toBe(0);
    // Half of what was asked came out even, so that the width is about as large as the lead.
    expect(width.reward.model.tieWidth).toBeGreaterThan(0.5);
    expect(await leadOf(width)).toBeGreaterThan(await leadOf(mixed));
  });

  it('does not pay for length where the longer answer is always the better one', async () => {
    const longer = yesPairs(60).map((pair) => ({ ...pair, first: `${pair.second} ثم`.repeat(3) }));
    const trained = await trainLight(longer, { change: { heldOutShare: 0 } });
    const [long, short] = await scoresOf(trained, prompt(900), [longer[0].first, longer[0].second]);
    expect(trained.reward.model.style.weights[0]).toBeGreaterThan(2);
    expect(Math.abs(long.mean - short.mean)).toBeLessThan(0.2);
  });

  it('doubts more what it has seen less of', async () => {
    const trained = await trainLight(yesPairs(40));
    const [known, unknown] = await scoresOf(trained, prompt(900), [
      'نعم يمكنك ذلك في اليوم 3',
      'خضروات طازجة وفواكه كثيرة تباع صباحا',
    ]);
    expect(trained.reward.model.columns).toBe(5);
    expect(known.variance).toBeGreaterThan(0);
    expect(unknown.variance).not.toBe(known.variance);
    const plain = await trainLight(yesPairs(40), { change: { heads: 0 } });
    expect((await scoresOf(plain, prompt(900), ['نعم']))[0].variance).toBe(0);
  });

  it('centres each locale on its own answers, or on references', async () => {
    const korean = yesPairs(30).map((pair) => ({ ...pair, prompt: { ...pair.prompt, locale: 'ko' } }));
    const pairs = [...yesPairs(30), ...korean];
    const mean = async (
      trained: Awaited<ReturnType<typeof trainLight>>,
      locale: string,
      answers: readonly string[],
    ): Promise<number> => {
      const scores = await scoresOf(trained, prompt(1, locale), answers);
      return scores.reduce((sum, score) => sum + score.mean, 0) / scores.length;
    };
    const own = await trainLight(pairs, { change: { heldOutShare: 0 } });
    expect(own.reward.model.space.locales).toEqual(['ar', 'ko']);
    const answers = yesPairs(30).flatMap(({ first, second }) => [first, second]);
    expect(await mean(own, 'ar', answers)).toBeCloseTo(0, 5);
    expect(await mean(own, 'ko', answers)).toBeCloseTo(0, 5);
    const references = [{ prompt: prompt(1), answer: 'نعم' }];
    const given = await trainLight(pairs, { references });
    expect(await mean(given, 'ar', ['نعم'])).toBeCloseTo(0, 5);
    expect(given.reward.hash).not.toBe(own.reward.hash);
  });

  it('weighs a criterion by locale where locales differ in it', async () => {
    const [foreign, local] = ['اذهب إلى London and see Big Ben', 'اذهب إلى القاهرة وزر المتحف'];
    const pairs = Array.from({ length: 60 }, (_, at): LabelledPair => {
      const locale = at % 2 === 0 ? 'ar' : 'en';
      const [first, second] = [`${foreign} ${at}`, `${local} ${at}`];
      return {
        prompt: prompt(at, locale),
        first,
        second,
        probabilityFirst: locale === 'en' ? 1 : 0,
        weight: 1,
      };
    });
    const trained = await trainShipped('ar-msa', pairs, { change: { heldOutShare: 0 } });
    const lead = async (locale: string): Promise<number> => {
      const [one, other] = await scoresOf(trained, prompt(900, locale), [foreign, local]);
      return one.mean - other.mean;
    };
    expect(await lead('ar')).toBeLessThan(-0.2);
    expect(await lead('en')).toBeGreaterThan(0.2);
  });

  it('holds by the rules of the rubric where the preferences are silent', async () => {
    const answers = [
      'زر المتحف في القاهرة صباحا ثم تناول الغداء.',
      'Visit the museum in the morning and then have lunch.',
    ];
    const lead = async (compositePrior: number): Promise<number> => {
      const trained = await trainShipped('ar-msa', yesPairs(30), { change: { compositePrior } });
      const [arabic, english] = await scoresOf(trained, prompt(900), answers);
      return arabic.mean - english.mean;
    };
    // An answer in another language is vetoed: the composite falls to −1, at 4 logits a point.
    expect(await lead(4)).toBeGreaterThan(4);
    expect(Math.abs(await lead(0))).toBeLessThan(1);
  });

  it('learns from no prompt that it is measured on', async () => {
    const pairs = yesPairs(50).flatMap((pair) => [pair, { ...pair, first: `${pair.first} دائما` }]);
    const { pairs: split } = await trainLight(pairs);
    const learned = new Set(split.training.map(({ prompt: { text } }) => text));
    expect(split.heldOut).toHaveLength(20);
    expect(split.heldOut.filter(({ prompt: { text } }) => learned.has(text))).toEqual([]);
  });

  it('leaves out pairs of equal answers and says how many', async () => {
    const equal = { first: 'نعم', second: 'نعم' };
    const { equalAnswers, pairs } = await trainLight([...yesPairs(20), ...yesPairs(3, equal)]);
    expect(equalAnswers).toBe(3);
    expect(pairs.training.length + pairs.heldOut.length).toBe(20);
  });

  it.each([
    ['no pairs', [], 'no preferences to learn from'],
    ['equal answers only', yesPairs(3, { second: 'نعم', first: 'نعم' }), 'equal in all 3 pairs'],
    ['ties only', yesPairs(3, { probabilityFirst: 0.5 }), 'All 3 pairs are even'],
    ['pairs called even only', yesPairs(3, { tie: true }), 'All 3 pairs are even'],
  ])('refuses %s', async (_case, pairs, message) => {
    await expect(trainLight(pairs)).rejects.toMatchObject({
      code: 'failed_precondition',
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    ['a label that is no number', { probabilityFirst: NaN }, 'probabilityFirst'],
    ['a label above 1', { probabilityFirst: 1.5 }, 'probabilityFirst'],
    ['a weight of 0', { weight: 0 }, 'weight'],
    ['an infinite weight', { weight: Infinity }, 'weight'],
    ['a margin below 0', { margin: -1 }, 'margin'],
  ])('refuses %s', async (_case, change, name) => {
    const pairs = [...yesPairs(3), ...yesPairs(1, change)];
    await expect(trainLight(pairs)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(`[3].${name}`) as string,
    });
  });

  it('learns from one pair, without a temperature', async () => {
    const trained = await trainLight(yesPairs(1));
    expect(trained.pairs).toMatchObject({ training: [expect.anything()], heldOut: [] });
    expect(trained.reward.model.temperature).toBe(1);
  });

  it('stops when it is asked to', async () => {
    const signal = AbortSignal.abort();
    await expect(trainLight(yesPairs(30), { signal })).rejects.toThrow('aborted');
  });
});

describe('createLightRewardModel', () => {
  it('scores by text alone, and says no number of an answer that is too long to read', async () => {
    const { reward } = await trainLight(simulateJudgedTexts(60, { seed: 1, lengthBias: 0 }));
    const model = createLightRewardModel(reward);
    const answer = { prompt: { id: 'p', locale: 'und', text: 'q' }, answer: 'ba' };
    const outcomes = await model.score([
      answer,
      { ...answer, answer: 'a'.repeat(100_001) },
      { ...answer, answer: '' },
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['scored', 'policy_malformed', 'scored']);
    expect(model).toMatchObject({ hash: reward.hash, rubricHash: reward.rubric.hash });
    expect(await model.score([])).toEqual([]);
  });
});
