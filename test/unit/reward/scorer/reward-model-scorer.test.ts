import type { ScoreItem } from '../../../../core/scorer/scorer.js';
import { createAnswerScorer } from '../../../../reward/judge/answer-scorer.js';
import type { ModelInTrainer } from '../../../../reward/model/model-in-trainer.js';
import type { RewardModel } from '../../../../reward/model/reward-model.js';
import { measureNormalizer, normalizeReward } from '../../../../reward/model/reward-normalizer.js';
import { createTrainerRewardModel } from '../../../../reward/model/trainer-reward-model.js';
import type { LoadedReward } from '../../../../reward/scorer/loaded-reward.js';
import { calibrateReward, RewardModelScorer } from '../../../../reward/scorer/reward-model-scorer.js';
import { createVetoGate } from '../../../../reward/scorer/veto-gate.js';
import { LinearRewardTrainer } from '../../../support/linear-reward-trainer.js';
import { promptOf, shippedRubric } from '../../../support/reward-fixtures.js';
import { arabic } from '../../../support/small-locales.js';

const prompt = promptOf(arabic, 'أين أسافر؟');
const GOOD_TEXT = 'سافر إلى أسوان في الشتاء';

/** A model with a head per row; token t of head h weighs rows[h][t]. */
async function linearModel(rows: readonly (readonly number[])[]): Promise<ModelInTrainer> {
  const trainer = new LinearRewardTrainer();
  const modelId = await trainer.createModel(
    { run: 'r', epoch: 1 },
    { role: 'reward', base: 'b', heads: rows.length, seed: 1 },
  );
  rows.forEach((row, head) => row.forEach((weight, token) => (trainer.weights[head * 64 + token] = weight)));
  return { trainer, call: { run: 'r', epoch: 1, expectedVersion: 0 }, modelId, heads: rows.length };
}

function item(answers: readonly (readonly [number[], string])[], locale = 'ar'): ScoreItem {
  return {
    prompt: { ...prompt, locale },
    promptTokenIds: [0],
    answers: answers.map(([tokenIds, text]) => ({ tokenIds, text })),
  };
}

function served(model: ModelInTrainer, hash = 'model'): RewardModel {
  return createTrainerRewardModel({ hash, rubricHash: 'rubric', model });
}

async function loadedWith(changes: Partial<LoadedReward> = {}): Promise<LoadedReward> {
  return {
    model: served(await linearModel([[0, 1, 2, 3, 1000, NaN]])),
    normalizer: new Map([['ar', { mean: 2, scale: 0.5 }]]),
    gate: () => undefined,
    ...changes,
  };
}
const hashes = { rubricHash: 'rubric', rewardModelHash: 'model' };

async function score(
  reward: LoadedReward,
  items: readonly ScoreItem[],
): ReturnType<RewardModelScorer['score']> {
  const scorer = new RewardModelScorer();
  scorer.load(reward);
  return scorer.score({ ...hashes, items });
}

describe('RewardModelScorer', () => {
  it('centres and scales by locale, clips at ±5, and keeps the order of items and answers', async () => {
    const outcomes = await score(await loadedWith(), [
      item([
        [[1], GOOD_TEXT],
        [[3], GOOD_TEXT],
      ]),
      item([[[4], GOOD_TEXT]]),
    ]);
    expect(outcomes).toEqual([
      [
        { kind: 'scored', score: { raw: 1, normalized: -2 } },
        { kind: 'scored', score: { raw: 3, normalized: 2 } },
      ],
      [{ kind: 'scored', score: { raw: 1000, normalized: 5 } }],
    ]);
  });

  it('pays the mean of the heads, or less where they disagree', async () => {
    const model = served(
      await linearModel([
        [0, 1, 5],
        [0, 3, 5],
      ]),
    );
    const items = [
      item([
        [[1], GOOD_TEXT],
        [[2], GOOD_TEXT],
      ]),
    ];
    const raw = (outcomes: Awaited<ReturnType<typeof score>>): number[] =>
      outcomes[0].map((outcome) => (outcome.kind === 'scored' ? outcome.score.raw : NaN));
    expect(raw(await score(await loadedWith({ model }), items))).toEqual([2, 5]);
    // Heads 1 and 3: variance 2, so 2 − 2/(2·0.5) = 0; heads that agree lose nothing.
    expect(raw(await score(await loadedWith({ model, pessimismBeta: 0.5 }), items))).toEqual([0, 5]);
  });

  it('rules out what the rubric vetoes, typed and never as a number, without asking the model', async () => {
    const gate = createVetoGate(createAnswerScorer(await shippedRubric('ar-msa'), arabic));
    const model = await linearModel([[0, 1]]);
    const reward = await loadedWith({ model: served(model), gate });
    const [outcomes] = await score(reward, [
      item([
        [[1], ''],
        [[1], GOOD_TEXT],
        [[1], 'أين أسافر؟'],
        [[1], 'القاهرة أسوان الأقصر كشري ملوخية القاهرة أسوان'],
      ]),
    ]);
    expect(outcomes.map(({ kind }) => kind)).toEqual([
      'policy_malformed',
      'scored',
      'policy_malformed',
      'policy_malformed',
    ]);
    expect(outcomes[3]).toEqual({ kind: 'policy_malformed', reason: 'ruled out by criterion stuffing' });
    const { trainer } = model;
    expect(
      trainer instanceof LinearRewardTrainer && trainer.forwards.map(({ batch }) => batch.offsets.length),
    ).toEqual([2]);
  });

  it('rules an answer of 50 MB out by its length, while its neighbours are scored', async () => {
    const read: number[] = [];
    const gate = createVetoGate((_prompt, answer) => {
      read.push(answer.length);
      return { score: 0, contributions: {} };
    });
    const giant = 'سافر إلى أسوان '.repeat(3_500_000);
    expect(giant.length).toBeGreaterThan(50_000_000);
    const [outcomes] = await score(await loadedWith({ gate }), [
      item([
        [[1], giant],
        [[1], GOOD_TEXT],
      ]),
    ]);
    expect(outcomes[0]).toEqual({
      kind: 'policy_malformed',
      reason: `the answer has ${giant.length} characters; at most 100000 are read`,
    });
    expect(outcomes[1]).toMatchObject({ kind: 'scored' });
    expect(read).toEqual([GOOD_TEXT.length]);
  });

  it('never reads an overflow as a score', async () => {
    const [[outcome]] = await score(await loadedWith(), [item([[[5], GOOD_TEXT]])]);
    expect(outcome).toEqual({ kind: 'judge_failed', reason: 'the reward model gave NaN', retryable: false });
  });

  it('refuses hashes that are not loaded, and serves several that are', async () => {
    const scorer = new RewardModelScorer();
    scorer.load(await loadedWith());
    scorer.load(
      await loadedWith({
        model: served(await linearModel([[0, 1]]), 'other'),
        normalizer: new Map([['ar', { mean: 0, scale: 1 }]]),
      }),
    );
    const items = [item([[[1], GOOD_TEXT]])];
    expect(await scorer.score({ ...hashes, rewardModelHash: 'other', items })).toEqual([
      [{ kind: 'scored', score: { raw: 1, normalized: 1 } }],
    ]);
    expect((await scorer.score({ ...hashes, items }))[0][0]).toMatchObject({ score: { normalized: -2 } });
    await expect(scorer.score({ ...hashes, rubricHash: 'unknown', items })).rejects.toMatchObject({
      code: 'failed_precondition',
    });
    scorer.unload(hashes);
    await expect(scorer.score({ ...hashes, items })).rejects.toThrow(
      'Reward model model of rubric rubric is not loaded.',
    );
  });

  it('refuses a locale whose reference answers were not measured', async () => {
    await expect(score(await loadedWith(), [item([[[1], GOOD_TEXT]], 'ko')])).rejects.toMatchObject({
      code: 'failed_precondition',
    });
  });

  it('serves a set by its members: each answer by the one of its prompt’s locale, in the order asked', async () => {
    const scorer = new RewardModelScorer();
    scorer.load(await loadedWith({ gate: (_prompt, text) => (text === 'bad' ? 'ruled out' : undefined) }));
    scorer.load(
      await loadedWith({
        model: served(await linearModel([[0, 10, 20, 30]]), 'korean'),
        normalizer: new Map([['ko', { mean: 20, scale: 10 }]]),
      }),
    );
    const members = [
      { locale: 'ar', ...hashes },
      { locale: 'ko', rubricHash: 'rubric', rewardModelHash: 'korean' },
    ];
    const set = { rubricHash: 'both', rewardModelHash: 'models' };
    scorer.loadSet(set, members);
    const items = [
      item([[[1], GOOD_TEXT]], 'ko-KR'),
      item([
        [[3], GOOD_TEXT],
        [[3], 'bad'],
      ]),
      item([[[3], 'bad']], 'ko'),
    ];
    expect(await scorer.score({ ...set, items })).toEqual([
      [{ kind: 'scored', score: { raw: 10, normalized: -1 } }],
      [
        { kind: 'scored', score: { raw: 3, normalized: 2 } },
        { kind: 'policy_malformed', reason: 'ruled out' },
      ],
      [{ kind: 'scored', score: { raw: 30, normalized: 1 } }],
    ]);
    await expect(scorer.score({ ...set, items: [item([[[1], GOOD_TEXT]], 'ja')] })).rejects.toThrow(
      'is in ja, which no rubric in force serves: they are for ar, ko.',
    );
    scorer.unload(set);
    await expect(scorer.score({ ...set, items })).rejects.toThrow('is not loaded');
  });

  it('answers an empty request', async () => {
    expect(await score(await loadedWith(), [])).toEqual([]);
    expect(await score(await loadedWith(), [item([])])).toEqual([[]]);
  });
});

describe('calibrateReward', () => {
  it('measures mean and unbiased deviation of the answers that pass the gate, by locale', async () => {
    const gate: LoadedReward['gate'] = (_prompt, text) => (text === '' ? 'empty' : undefined);
    const normalizer = await calibrateReward(await loadedWith({ gate }), [
      item([
        [[1], 'a'],
        [[3], 'b'],
        [[4], ''],
      ]),
      item(
        [
          [[1], 'a'],
          [[2], 'b'],
          [[3], 'c'],
        ],
        'ko',
      ),
    ]);
    expect(normalizer.get('ar')).toEqual({ mean: 2, scale: Math.SQRT2 });
    expect(normalizer.get('ko')).toEqual({ mean: 2, scale: 1 });
  });

  it('says so where the rubric refuses every answer', async () => {
    const reward = await loadedWith({ gate: () => 'ruled out by criterion degenerate' });
    const references = [item([[[1], 'a']]), item([[[3], 'b']])];
    await expect(calibrateReward(reward, references)).rejects.toThrow(
      /refuses all 2 answers of the policy .* ruled out by criterion degenerate: .* Next: more supervised.steps/,
    );
  });

  it('measures regions with the locale that serves them, and pays them by the same scale', async () => {
    const references = [item([[[1], 'a']]), item([[[3], 'b']], 'ar-EG'), item([[[3], 'c']], 'ko-KR')];
    const rest = [item([[[1], 'd']], 'ko')];
    const reward = await loadedWith({ gate: () => undefined });
    const normalizer = await calibrateReward(reward, [...references, ...rest], { locales: ['ar', 'ko'] });
    expect(normalizer.get('ar')).toEqual({ mean: 2, scale: Math.SQRT2 });
    expect([...normalizer.keys()]).toEqual(['ar', 'ko']);
    expect(normalizeReward(4, 'ar-EG', normalizer).normalized).toBeCloseTo(Math.SQRT2, 12);
    expect(normalizeReward(2, 'ko-KR', normalizer).normalized).toBe(0);
  });

  it('centres each locale’s own reference answers at 0 with deviation 1, however much either model pays', async () => {
    const scorer = new RewardModelScorer();
    const raws = { ar: [0, 1, 2, 4], ko: [0, 100, 130, 190] };
    const references = Object.fromEntries(
      Object.keys(raws).map((locale) => [locale, [1, 2, 3].map((token) => item([[[token], 'x']], locale))]),
    );
    const members = [];
    for (const [locale, table] of Object.entries(raws)) {
      const model = served(await linearModel([table]), locale);
      const uncalibrated = { model, gate: () => undefined };
      const normalizer = await calibrateReward(uncalibrated, references[locale], { locales: [locale] });
      scorer.load({ ...uncalibrated, normalizer });
      members.push({ locale, rubricHash: 'rubric', rewardModelHash: locale });
    }
    const set = { rubricHash: 'both', rewardModelHash: 'models' };
    scorer.loadSet(set, members);
    for (const locale of ['ar', 'ko']) {
      const outcomes = (await scorer.score({ ...set, items: references[locale] })).flat();
      const paid = outcomes.flatMap((outcome) => (outcome.kind === 'scored' ? outcome.score.normalized : []));
      const mean = paid.reduce((sum, score) => sum + score, 0) / paid.length;
      const squares = paid.reduce((sum, score) => sum + (score - mean) ** 2, 0);
      expect(mean).toBeCloseTo(0, 6);
      expect(squares / (paid.length - 1)).toBeCloseTo(1, 6);
    }
  });

  it.each([
    ['one answer', [{ locale: 'ar', raw: 1 }]],
    [
      'equal answers',
      [
        { locale: 'ar', raw: 1 },
        { locale: 'ar', raw: 1 },
      ],
    ],
    [
      'an answer without a number',
      [
        { locale: 'ar', raw: NaN },
        { locale: 'ar', raw: 1 },
      ],
    ],
  ])('refuses to scale by %s', (_case, references) => {
    expect(() => measureNormalizer(references)).toThrow('does not tell');
  });
});
