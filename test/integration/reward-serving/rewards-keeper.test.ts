import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { RewardsKeeper, type KeptReward } from '../../../cli/serving/rewards-keeper.js';
import type { MajlisError } from '../../../core/errors.js';
import type { Reward } from '../../../core/domain/reward.js';
import type { Outcome } from '../../../core/domain/verdict.js';
import { saveLightReward } from '../../../reward/model/light/light-artifact.js';
import type { AnswerToReward } from '../../../reward/model/reward-model.js';
import { scoreLoaded } from '../../../reward/scorer/loaded-reward.js';
import { ServedRewards } from '../../../reward/serving/served-rewards.js';
import { readServingConfig } from '../../../reward/serving/serving-config.js';
import { simulateJudgedTexts } from '../../support/judged-texts.js';
import { trainShipped } from '../../support/light-training.js';
import { quietTrainers } from '../../support/quiet-trainers.js';
import { useLastingFolder } from '../../support/temporary-folder.js';

const folder = useLastingFolder();
const file = (): string => join(folder(), 'rewards.yaml');

interface SavedModel {
  readonly rubricHash: string;
  readonly rewardModelHash: string;
}

let msa: SavedModel;
let egyptian: SavedModel;

async function saveModel(rubricId: string, name: string, seed = 3): Promise<SavedModel> {
  const { reward } = await trainShipped(rubricId, simulateJudgedTexts(20, { seed, lengthBias: 0 }));
  await saveLightReward(join(folder(), name), reward);
  return { rubricHash: reward.rubric.hash, rewardModelHash: reward.hash };
}

beforeAll(async () => {
  msa = await saveModel('ar-msa', 'msa');
  egyptian = await saveModel('ar-egyptian', 'egyptian');
});

const write = (config: object): void => writeFileSync(file(), stringify(config));

/** A keeper whose changes can be waited for. */
async function open(config: object, { everyMs = 5, onRead = (): void => undefined } = {}) {
  write(config);
  const rewards = new ServedRewards();
  const told: (readonly KeptReward[] | MajlisError)[] = [];
  let wake = (): void => undefined;
  const tell = (what: readonly KeptReward[] | MajlisError): void => {
    told.push(what);
    wake();
  };
  const keeper = await RewardsKeeper.open({
    ...{ rewards, file: file(), everyMs, onTaken: tell, onRefused: tell },
    read: () => readServingConfig(file()).finally(onRead),
    trainers: quietTrainers(),
  });
  const next = async (): Promise<readonly KeptReward[] | MajlisError> => {
    if (told.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    const [first] = told.splice(0, 1);
    return first;
  };
  return { rewards, keeper, next };
}

type Opened = Awaited<ReturnType<typeof open>>;

describe('a keeper of rewards', () => {
  let opened: Opened | undefined;
  afterEach(() => opened?.keeper.close());

  const opening = async (...asked: Parameters<typeof open>): Promise<Opened> =>
    (opened = await open(...asked));
  const refused = async (config: object): Promise<string> => {
    try {
      await opening(config);
    } catch (thrown) {
      return thrown instanceof Error ? thrown.message : String(thrown);
    }
    throw new Error('it was not refused');
  };

  it('serves a light model, one with its rubric named, and the rules of a rubric, each under its alias', async () => {
    const { rewards, keeper } = await opening({
      rewards: {
        active: { model: 'msa' },
        named: { rubric: 'ar-msa', model: 'msa' },
        rules: { rubric: 'ar-egyptian' },
      },
    });
    expect(rewards.resolve({ alias: 'active' })).toEqual(msa);
    expect(rewards.resolve({ alias: 'named' })).toEqual(msa);
    expect(rewards.list()).toHaveLength(2);
    expect(keeper.kept.map(({ alias, form, rubricId }) => [alias, form, rubricId])).toEqual([
      ['active', 'light', 'ar-msa'],
      ['named', 'light', 'ar-msa'],
      ['rules', 'rules', 'ar-egyptian'],
    ]);
  });

  it('moves an alias once what it is to name is loaded, and lets go of what no alias names', async () => {
    const { rewards, next } = await opening({ rewards: { active: { model: 'msa' } } });
    const lease = rewards.take({ alias: 'active' });
    write({ rewards: { active: { model: 'egyptian' }, rules: { rubric: 'ar-msa' } } });
    expect(await next()).toMatchObject([{ alias: 'active', ...egyptian }, { alias: 'rules' }]);
    expect(rewards.resolve({ alias: 'active' })).toEqual(egyptian);
    expect(() => rewards.resolve(msa)).toThrow(/is not loaded/);
    expect(lease.rewardModelHash).toBe(msa.rewardModelHash);
    write({ rewards: { active: { model: 'egyptian' } } });
    await next();
    expect(() => rewards.resolve({ alias: 'rules' })).toThrow('"rules"');
  });

  it('keeps all as it is where a change cannot be taken up, says why, and takes up the next', async () => {
    const { rewards, next } = await opening({ rewards: { active: { model: 'msa' } } });
    const missing = { active: { rubric: 'ar-egyptian' }, candidate: { model: 'nowhere' } };
    write({ rewards: missing });
    expect(await next()).toMatchObject({
      message: `${join(folder(), 'nowhere')}: found no such folder; allowed: the folder of a reward model; "majlis reward train --out" makes one`,
    });
    expect(rewards.resolve({ alias: 'active' })).toEqual(msa);
    writeFileSync(file(), 'rewards: { active: { modle: msa } }');
    expect(await next()).toMatchObject({ code: 'invalid_argument', message: expect.stringMatching('modle') });
    expect(rewards.list()).toEqual([msa]);
    write({ rewards: { active: { model: 'egyptian' } } });
    expect(await next()).toMatchObject([egyptian]);
  });

  it('takes up what was written while it loaded what stood there before', async () => {
    const later = { rewards: { active: { model: 'msa' }, rules: { rubric: 'ar-msa' } } };
    let reads = 0;
    const onRead = (): void => {
      reads += 1;
      if (reads === 2) write(later);
    };
    // Longer than loading takes: whoever looks only afterwards sees nothing new.
    const { next } = await opening({ rewards: { active: { model: 'msa' } } }, { everyMs: 250, onRead });
    write({ rewards: { active: { model: 'egyptian' } } });
    expect(await next()).toMatchObject([egyptian]);
    expect(await next()).toMatchObject([msa, { alias: 'rules' }]);
  });

  it('takes up who may ask how much, and says that other settings need a new start', async () => {
    const rewards = { active: { model: 'msa' } };
    const { keeper, next } = await opening({ rewards, limits: { deadlineMs: 1000 } });
    const callers = { amina: { answersPerSecond: 5 } };
    write({ rewards, limits: { deadlineMs: 1000, callers } });
    await next();
    expect(keeper.config.limits.callers).toEqual(callers);
    write({ rewards, limits: { deadlineMs: 2000 } });
    expect(await next()).toMatchObject({
      message: expect.stringMatching(
        /limits\.deadlineMs: found 2000 instead of 1000; .*start the server again/,
      ),
    });
    expect(keeper.config.limits.callers).toEqual(callers);
  });

  it('tells which criteria the rules of a rubric leave out', async () => {
    const judged = { key: 'helpful', version: 1, dimension: 'helpfulness', kind: 'principle', weight: 1 };
    const criteria = [{ ...judged, evaluator: 'judge', description: 'The answer helps.' }];
    const rubric = { id: 'own', version: '1.0.0', title: 'Own', locale: 'ar', criteria };
    writeFileSync(join(folder(), 'own.yaml'), stringify(rubric));
    const { keeper } = await opening({
      rewards: { own: { rubric: './own.yaml' }, shipped: { rubric: 'ja' } },
    });
    expect(keeper.kept.map(({ unasked }) => unasked)).toEqual([['helpful'], []]);
  });

  it('refuses a model of another rubric with the hashes of both', async () => {
    const message = await refused({ rewards: { active: { rubric: 'ar-egyptian', model: 'msa' } } });
    expect(message).toBe(
      `${file()} at rewards.active.rubric: found rubric ar-egyptian (${egyptian.rubricHash}); ` +
        `allowed: rubric ar-msa (${msa.rubricHash}), by which reward model ${msa.rewardModelHash} learned`,
    );
  });

  it('refuses two ways of paying by one model, which no hash would tell apart', async () => {
    const message = await refused({
      rewards: { active: { model: 'msa' }, timid: { model: 'msa', beta: 0.1 } },
    });
    expect(message).toMatch(/rewards\.timid: found reward model \w+ with another beta, scale or trainer/);
  });

  it('centres and scales by reference answers', async () => {
    const texts = ['سافر إلى أسوان', 'كل الكشري في القاهرة', 'اشرب الشاي مع الأهل'];
    const lines = texts.map((answer) => JSON.stringify({ prompt: 'أين أسافر؟', answer }));
    writeFileSync(join(folder(), 'references.jsonl'), lines.join('\n'));
    const { rewards } = await opening({
      rewards: { active: { model: 'msa', references: 'references.jsonl' } },
    });
    const { reward } = rewards.take({ alias: 'active' });
    const scale = reward.normalizer.get('ar');
    const outcomes = await reward.model.score(
      texts.map((answer) => ({ answer, prompt: { id: 'p', locale: 'ar', text: 'أين أسافر؟' } })),
    );
    const means = outcomes.map((outcome) => (outcome.kind === 'scored' ? outcome.score.mean : NaN));
    expect(scale?.mean).toBeCloseTo(means.reduce((sum, mean) => sum + mean, 0) / 3, 12);
    expect(scale?.scale).toBeGreaterThan(0);
  });

  it('pays each answer of several locales by the reward of its own', async () => {
    const { rewards, keeper } = await opening({
      rewards: {
        active: { locales: { ko: { rubric: 'ko-haeyo' }, ar: { model: 'msa' } } },
        korean: { rubric: 'ko-haeyo' },
        arabic: { model: 'msa' },
      },
    });
    const asked = (locale: string, answer: string): AnswerToReward => ({
      ...{
        answer,
        prompt: { id: answer, locale, text: locale === 'ko' ? '어디로 여행 갈까요?' : 'أين أسافر؟' },
      },
    });
    const [ar, ko] = [
      asked('ar-EG', 'زُر أسوان، فهي مدينة جميلة على النيل.'),
      asked('ko', '속초에 가면 편해요.'),
    ];
    const [foreign, other] = [asked('ko', 'Go to Paris.'), asked('ar', 'سافر إلى باريس ولندن')];
    const scored = (alias: string, answers: readonly AnswerToReward[]): Promise<Outcome<Reward>[]> =>
      scoreLoaded(rewards.take({ alias }).reward, answers);
    const korean = await scored('korean', [ko, foreign]);
    const arabic = await scored('arabic', [ar, other]);
    expect(korean.map(({ kind }) => kind)).toEqual(['scored', 'policy_malformed']);
    expect(arabic.map(({ kind }) => kind)).toEqual(['scored', 'scored']);
    expect(await scored('active', [ar, ko, foreign, other])).toEqual([arabic[0], ...korean, arabic[1]]);
    expect(keeper.kept[0]).toMatchObject({ form: 'several', rubricId: 'ar-msa+ko-haeyo' });
  });

  it.each([
    [
      'a rubric of another language',
      { rewards: { active: { locales: { ko: { rubric: 'ar-msa' } } } } },
      'allowed: a rubric for ko',
    ],
    [
      'locales beside a model',
      { rewards: { active: { model: 'msa', locales: { ko: { rubric: 'ja' } } } } },
      'or locales alone',
    ],
    ['no reward', { rewards: {} }, 'rewards: found {}; allowed: at least one reward, such as active'],
    [
      'a reward of nothing',
      { rewards: { active: {} } },
      'rewards.active: found {}; allowed: a rubric, a model, or both; or locales alone',
    ],
    ['a misspelt limit', { rewards: { active: { rubric: 'ja' } }, limits: { queued: 3 } }, 'queued'],
    [
      'an unknown rubric',
      { rewards: { active: { rubric: 'ar' } } },
      'found "ar"; allowed: a rubric file, or one of ar-egyptian',
    ],
  ])('refuses %s', async (_, config, sentence) => {
    expect(await refused(config)).toContain(sentence);
  });
});
