import { join } from 'node:path';
import { findRubric } from '../../../cli/commands/rubric/find-rubric.js';
import { storeRubric } from '../../../cli/control/stored-rubrics.js';
import { runDirectory } from '../../../cli/pipeline/enter-run.js';
import { heldInTrainer, TrainerRewardForm } from '../../../cli/pipeline/reward-forms/trainer-reward-form.js';
import { RewardStore } from '../../../cli/pipeline/reward-store.js';
import { writeRunRecord } from '../../../cli/pipeline/run-record.js';
import { checkpointFolder, supervisedModel } from '../../../cli/pipeline/supervised-checkpoint.js';
import { openReward, type OpenedReward } from '../../../cli/serving/open-reward.js';
import { runConfigSchema } from '../../../core/config/run-config.js';
import type { Preference } from '../../../core/domain/preference.js';
import { createRng } from '../../../core/math/rng.js';
import { initialWeights } from '../../../core/network/gpt/gpt-parameters.js';
import { writeModelDirectory } from '../../../core/network/model-directory/write-model-directory.js';
import { SPECIAL_TOKENS } from '../../../core/network/tokenizer/chat-template.js';
import { trainTokenizer } from '../../../core/network/tokenizer/train-tokenizer.js';
import type { ChatTokenizer } from '../../../core/tokens/chat-tokenizer.js';
import { openChatTokenizer } from '../../../core/tokens/open-chat-tokenizer.js';
import { EmbeddedTrainer } from '../../../core/trainer/embedded-trainer.js';
import { scoreSequences, type ModelInTrainer } from '../../../reward/model/model-in-trainer.js';
import { trainRewardModel } from '../../../reward/model/train-reward-model.js';
import { corpus } from '../../fixtures/tokenizer/corpus.js';
import { useLastingFolder } from '../../support/temporary-folder.js';

const CONTEXT = 96;
const NAME = 'network';
const PROMPT = { id: 'p', locale: 'ar', text: 'أين أسافر؟' };
const ANSWER = 'سافر إلى أسوان';

const workspace = useLastingFolder();
const trainer = EmbeddedTrainer.create({ threads: 1 });
let tokenizer: ChatTokenizer;
let trained: ModelInTrainer;
let opened: OpenedReward;

/** The ids of prompt and answer, by the run's own tokenizer. */
function sequence(text: string): number[] {
  const prompt = tokenizer.renderPrompt([{ role: 'user', content: PROMPT.text }]);
  return [...prompt, ...tokenizer.renderAnswer(text)];
}

/** A workspace with a run that is paid by a network of its trainer, as `majlis run` leaves it. */
async function writeRun(): Promise<void> {
  const run = runDirectory(workspace(), 'r');
  const base = supervisedModel(checkpointFolder(run));
  const learned = trainTokenizer(corpus, { vocabSize: 400, specialTokens: SPECIAL_TOKENS });
  const shape = { vocabSize: learned.vocabSize, contextLength: CONTEXT, layers: 1, width: 16, heads: 2 };
  const weights = initialWeights(shape, 3);
  await writeModelDirectory({ directory: base, config: shape, weights, tokenizer: learned });
  tokenizer = await openChatTokenizer(base);
  const rubric = await findRubric('ar-msa');
  await storeRubric(workspace(), rubric);
  const data = {
    ...{ corpus: 'c', heldOutCorpus: 'd', prompts: 'p', heldOutPrompts: 'h' },
    ...{ goldPairs: 'g', controlPairs: 'k', controlGold: 'l' },
  };
  const config = runConfigSchema.parse({
    ...{ name: 'r', locale: 'ar', rubric: 'ar-msa', data },
    model: { contextLength: CONTEXT },
    sampling: { maxNewTokens: 32 },
  });
  await writeRunRecord(run, {
    ...{ format: 'majlis-run/1', arms: ['rubricA'], runFile: '/run.yaml', config, fingerprints: {} },
  });
  const pair = { id: 'pair', prompt: PROMPT, first: ANSWER, second: 'لا' };
  const preference: Preference = {
    ...{ pair, rubricHash: rubric.hash, probabilityFirst: 0.9, weight: 1, excludedVerdicts: 0 },
  };
  const first = { tokenIds: sequence(pair.first), answerLength: 1 };
  const second = { tokenIds: sequence(pair.second), answerLength: 1 };
  const call = { run: 'r', epoch: 1 };
  const settings = { heads: 2, steps: 3, pairsPerStep: 2, learningRate: 0.05 };
  const training = [{ promptId: 'p', first, second, probabilityFirst: 0.9, weight: 1 }];
  const pairs = { training, heldOut: [] };
  trained = (await trainRewardModel({ trainer, call, base, pairs, settings, rng: createRng(1) })).model;
  const checkpoint = { policy: { version: 0, hash: 'sft', location: base } };
  const form = new TrainerRewardForm({ trainer, call, checkpoint, options: settings, seed: 1 });
  const normalizer = new Map([['ar', { mean: 0.5, scale: 2 }]]);
  await new RewardStore(join(run, 'rewards'), form).save(
    NAME,
    { rewardModelHash: NAME, normalizer, evaluation: { pairs: 0 }, preferences: [preference] },
    heldInTrainer(trained, { hash: NAME, rubricHash: rubric.hash }),
  );
}

const open = (source: object, workspaceRun = 'r'): Promise<OpenedReward> =>
  openReward(
    { model: join('runs', workspaceRun, 'rewards', NAME), ...source },
    { file: join(workspace(), 'rewards.yaml'), place: 'rewards.active', trainer: () => trainer },
  );

describe("a network of a run's trainer as a served reward", () => {
  beforeAll(async () => {
    await writeRun();
    opened = await open({ rubric: 'ar-msa' });
  });
  afterAll(async () => {
    await opened.reward.release?.();
    await trainer.close();
  });

  it('scores text as it scored the tokens in its run, on the scale that the run measured', async () => {
    const [expected] = await scoreSequences(trained, [sequence(ANSWER)]);
    const outcomes = await opened.reward.model.score([
      { prompt: PROMPT, answer: ANSWER },
      { prompt: PROMPT, answer: ANSWER, tokenIds: sequence(ANSWER) },
    ]);
    expect(expected.mean).not.toBe(0);
    expect(outcomes).toEqual([
      { kind: 'scored', score: expected },
      { kind: 'scored', score: expected },
    ]);
    expect(opened).toMatchObject({
      form: 'network',
      rubric: { id: 'ar-msa' },
      reward: { model: { hash: NAME } },
    });
    expect([...opened.reward.normalizer]).toEqual([['ar', { mean: 0.5, scale: 2 }]]);
  });

  it('tells what it cannot read as the outcome of that answer, beside others', async () => {
    const outcomes = await opened.reward.model.score([
      { prompt: PROMPT, answer: 'س'.repeat(400) },
      { prompt: PROMPT, answer: ANSWER, tokenIds: [99_999] },
      { prompt: PROMPT, answer: ANSWER, tokenIds: [] },
      { prompt: PROMPT, answer: ANSWER },
    ]);
    expect(outcomes).toMatchObject([
      {
        kind: 'policy_malformed',
        reason: expect.stringMatching(/tokens; the reward model reads at most 96$/),
      },
      {
        kind: 'judge_failed',
        reason: expect.stringMatching(/^token 99999; the reward model reads 0 to \d+/),
      },
      { kind: 'judge_failed', reason: expect.stringMatching(/^no tokens;/) },
      { kind: 'scored' },
    ]);
  });

  it('refuses another rubric, references, and a folder that is not there', async () => {
    await expect(open({ rubric: 'ar-egyptian' })).rejects.toThrow(
      /found rubric ar-egyptian .* allowed: rubric ar-msa/,
    );
    await expect(open({ references: 'r.jsonl' })).rejects.toThrow(
      'centred and scaled as the run measured it',
    );
    await expect(open({}, 'other')).rejects.toThrow(/no such folder/);
  });
});
