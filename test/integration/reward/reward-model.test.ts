import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Preference } from '../../../core/domain/preference.js';
import { createRng } from '../../../core/math/rng.js';
import { initialWeights } from '../../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../../core/network/model-directory/write-model-directory.js';
import { SPECIAL_TOKENS } from '../../../core/network/tokenizer/chat-template.js';
import { trainTokenizer } from '../../../core/network/tokenizer/train-tokenizer.js';
import { EmbeddedChatTokenizer } from '../../../core/tokens/embedded-chat-tokenizer.js';
import { EmbeddedTrainer } from '../../../core/trainer/embedded-trainer.js';
import { createAnswerScorer } from '../../../reward/judge/answer-scorer.js';
import { judgePairs } from '../../../reward/judge/panel.js';
import { createRuleJudge } from '../../../reward/judge/rule-judge.js';
import type { AnswerEncoder } from '../../../reward/model/encoded-pair.js';
import { encodePreferences } from '../../../reward/model/encoded-pair.js';
import { splitByPrompt } from '../../../reward/model/split-by-prompt.js';
import { createTrainerRewardModel } from '../../../reward/model/trainer-reward-model.js';
import { trainRewardModel } from '../../../reward/model/train-reward-model.js';
import { aggregate } from '../../../reward/preference/aggregate.js';
import { averageFuser } from '../../../reward/preference/fuser.js';
import { samplePairs } from '../../../reward/preference/pair-sampler.js';
import { shuffleLabels } from '../../../reward/preference/shuffle-labels.js';
import { calibrateReward, RewardModelScorer } from '../../../reward/scorer/reward-model-scorer.js';
import { createVetoGate } from '../../../reward/scorer/veto-gate.js';
import { promptOf, shippedRubric } from '../../support/reward-fixtures.js';
import { arabic } from '../../support/small-locales.js';

const SETTINGS = { heads: 2, steps: 150, pairsPerStep: 24, learningRate: 2e-3 };
const call = { run: 'reward-model', epoch: 1 };

let folder: string;
let trainer: EmbeddedTrainer;
let encode: AnswerEncoder;
let preferences: readonly Preference[];

/** Sentences in two registers about local and foreign names, in frames that the prompts share. */
function answersTo(at: number): string[] {
  const rng = createRng(at);
  const one = (words: readonly string[]): string => words[rng.integer(words.length)];
  const local = (): string => one(['القاهرة', 'أسوان', 'الأقصر']);
  const day = (): string => one(['في الصباح', 'في المساء', 'يوم الجمعة', 'بعد العصر']);
  const more = (): string =>
    one(['', 'يا صديقي', 'إن شاء الله يا صديقي العزيز', 'كل عام يا صديقي العزيز إن شاء الله']);
  return [
    `أنا عايز أروح ${local()} ${day()} مع أصحابي ${more()}`,
    `مش عارف بس ${local()} حلوة ${day()} ${more()}`,
    `أريد أن أذهب إلى ${local()} ${day()} ${more()}`,
    `سوف نزور لندن ${day()} لكن هذا بعيد ${more()}`,
    `أنا عايز أروح لندن ${day()} مع أصحابي ${more()}`,
  ];
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'majlis-reward-model-'));
  const answered = Array.from({ length: 60 }, (_, at) => ({
    prompt: promptOf(arabic, `ماذا نفعل في العطلة رقم ${at}؟`, `p${at}`),
    answers: answersTo(at),
  }));
  const texts = answered.flatMap(({ prompt, answers }) => [prompt.text, ...answers]);
  const tokenizer = trainTokenizer(texts, { vocabSize: 400, specialTokens: SPECIAL_TOKENS });
  const config = { layers: 1, width: 32, heads: 2, contextLength: 128, vocabSize: tokenizer.vocabSize };
  await writeModelDirectory({
    directory: join(folder, 'base'),
    config,
    weights: initialWeights(config, 1),
    tokenizer,
  });
  trainer = EmbeddedTrainer.create({ threads: 2 });
  const chat = new EmbeddedChatTokenizer(tokenizer);
  encode = (prompt, answer) => {
    const answerIds = chat.renderAnswer(answer);
    return {
      tokenIds: [...chat.renderPrompt([{ role: 'user', content: prompt.text }]), ...answerIds],
      answerLength: answerIds.length,
    };
  };

  const rubric = await shippedRubric('ar-egyptian');
  const { pairs } = samplePairs(answered, { pairsPerPrompt: 6, profile: arabic, rng: createRng(1) });
  const judge = createRuleJudge({ scorers: new Map([[rubric.hash, createAnswerScorer(rubric, arabic)]]) });
  const verdicts = await judgePairs([judge], pairs, { rubric });
  ({ preferences } = aggregate({ rubricHash: rubric.hash, pairs, verdicts, fuser: averageFuser }));
});
afterAll(async () => {
  await trainer.close();
  await rm(folder, { recursive: true });
});

function train(from: readonly Preference[]): ReturnType<typeof trainRewardModel> {
  return trainRewardModel({
    trainer,
    call,
    base: join(folder, 'base'),
    pairs: splitByPrompt(encodePreferences(from, encode), 0.25, createRng(2)),
    settings: SETTINGS,
    rng: createRng(3),
  });
}

describe('a reward model on the embedded trainer', () => {
  it('orders held-out pairs better than length does, and pays the rubric it was trained under', async () => {
    const { model, evaluation } = await train(preferences);
    expect(evaluation.pairs).toBeGreaterThan(60);
    expect(evaluation.accuracy).toBeGreaterThan(0.85);
    expect(evaluation.accuracy).toBeGreaterThan((evaluation.lengthBaseline ?? NaN) + 0.1);

    const rubric = await shippedRubric('ar-egyptian');
    const gate = createVetoGate(createAnswerScorer(rubric, arabic));
    const hashes = { rubricHash: rubric.hash, rewardModelHash: 'rm' };
    const served = createTrainerRewardModel({ hash: 'rm', rubricHash: rubric.hash, model });
    const item = (at: number): Parameters<RewardModelScorer['score']>[0]['items'][number] => {
      const prompt = promptOf(arabic, `ماذا نفعل في العطلة رقم ${at}؟`);
      return {
        prompt,
        promptTokenIds: [],
        answers: answersTo(at).map((text) => ({ tokenIds: encode(prompt, text).tokenIds, text })),
      };
    };
    const normalizer = await calibrateReward({ model: served, gate }, [70, 71, 72, 73].map(item));
    const scorer = new RewardModelScorer();
    scorer.load({ model: served, gate, normalizer });
    const items = Array.from({ length: 20 }, (_, at) => item(80 + at));
    const outcomes = await scorer.score({ ...hashes, items });
    const meanPaid = (place: number): number =>
      outcomes.reduce((sum, answers) => {
        const outcome = answers[place];
        return sum + (outcome.kind === 'scored' ? outcome.score.normalized : NaN);
      }, 0) / outcomes.length;
    const [egyptianLocal, standardLocal, standardForeign] = [meanPaid(0), meanPaid(2), meanPaid(3)];
    expect(egyptianLocal).toBeGreaterThan(standardLocal);
    expect(egyptianLocal).toBeGreaterThan(standardForeign + 0.5);
  });

  it('is the same again from the same seed, and a coin from shuffled labels', async () => {
    const [one, two] = [await train(preferences), await train(preferences)];
    expect(two.evaluation).toEqual(one.evaluation);
    const placebo = await train(shuffleLabels(preferences, createRng(4)));
    expect(placebo.evaluation.accuracy).toBeLessThan((one.evaluation.accuracy ?? NaN) - 0.2);
  });
});
