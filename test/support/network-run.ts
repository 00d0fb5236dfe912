import { join } from 'node:path';
import { findRubric } from '../../cli/commands/rubric/find-rubric.js';
import { storeRubric } from '../../cli/control/stored-rubrics.js';
import { runDirectory } from '../../cli/pipeline/enter-run.js';
import { heldInTrainer, TrainerRewardForm } from '../../cli/pipeline/reward-forms/trainer-reward-form.js';
import { RewardStore } from '../../cli/pipeline/reward-store.js';
import { writeRunRecord } from '../../cli/pipeline/run-record.js';
import { checkpointFolder, supervisedModel } from '../../cli/pipeline/supervised-checkpoint.js';
import { runConfigSchema } from '../../core/config/run-config.js';
import type { Preference } from '../../core/domain/preference.js';
import { createRng } from '../../core/math/rng.js';
import { initialWeights } from '../../core/network/gpt/gpt-parameters.js';
import { hashModelWeights } from '../../core/network/model-directory/hash-model-weights.js';
import { writeModelDirectory } from '../../core/network/model-directory/write-model-directory.js';
import { SPECIAL_TOKENS } from '../../core/network/tokenizer/chat-template.js';
import { trainTokenizer } from '../../core/network/tokenizer/train-tokenizer.js';
import type { ChatTokenizer } from '../../core/tokens/chat-tokenizer.js';
import { openChatTokenizer } from '../../core/tokens/open-chat-tokenizer.js';
import type { Trainer } from '../../core/trainer/trainer.js';
import type { ModelInTrainer } from '../../reward/model/model-in-trainer.js';
import { trainRewardModel } from '../../reward/model/train-reward-model.js';
import { corpus } from '../fixtures/tokenizer/corpus.js';

const CONTEXT = 96;
const SETTINGS = { heads: 2, steps: 3, pairsPerStep: 2, learningRate: 0.05 };
const PROMPT = { id: 'p', locale: 'ar', text: 'أين أسافر؟' };
const ANSWER = 'سافر إلى أسوان';

/** What its rewards are centred and scaled by. */
const NORMALIZER = new Map([['ar', { mean: 0.5, scale: 2 }]]);

/** A run that is paid by networks of its trainer, as `majlis run` leaves it, under the id `r`. */
export interface NetworkRun {
  readonly prompt: typeof PROMPT;
  readonly answer: string;
  readonly rubricHash: string;
  /** The SFT checkpoint. */
  readonly base: string;
  /** The models as they stand in the trainer still, in the order of their names. */
  readonly trained: readonly ModelInTrainer[];
  /** The ids of prompt and answer, by the run's own tokenizer. */
  sequence(answer: string): number[];
}

export interface NetworkRunOptions {
  readonly trainer: Trainer;
  /** Of the rewards, which are their models' hashes too; each is trained in its own order. */
  readonly names: readonly string[];
  /** `trainer` of the run file. */
  readonly choice?: object;
}

/** Trains the networks of a run and writes it to a workspace. */
export async function writeNetworkRun(
  workspace: string,
  { trainer, names, choice }: NetworkRunOptions,
): Promise<NetworkRun> {
  const run = runDirectory(workspace, 'r');
  const base = supervisedModel(checkpointFolder(run));
  const tokenizer = await writeBase(base);
  const rubric = await findRubric('ar-msa');
  await storeRubric(workspace, rubric);
  await writeRecord(run, choice);
  const sequence = (answer: string): number[] => sequenceOf(tokenizer, answer);
  const policy = { version: 0, hash: await hashModelWeights(base), location: base };
  const call = { run: 'r', epoch: 1 };
  const form = new TrainerRewardForm({ trainer, call, checkpoint: { policy }, options: SETTINGS, seed: 1 });
  const trained: ModelInTrainer[] = [];
  for (const [at, name] of names.entries()) {
    const preference = preferenceFor(rubric.hash, at);
    const { model } = await trainRewardModel({
      ...{ trainer, call, base, settings: SETTINGS, rng: createRng(at + 1) },
      pairs: { training: [pairOf(preference, sequence)], heldOut: [] },
    });
    trained.push(model);
    await new RewardStore(join(run, 'rewards'), form).save(
      name,
      { rewardModelHash: name, normalizer: NORMALIZER, evaluation: { pairs: 0 }, preferences: [preference] },
      heldInTrainer(model, { hash: name, rubricHash: rubric.hash }, policy.hash),
    );
  }
  return { ...{ prompt: PROMPT, answer: ANSWER, rubricHash: rubric.hash, base, trained, sequence } };
}

async function writeBase(directory: string): Promise<ChatTokenizer> {
  const tokenizer = trainTokenizer(corpus, { vocabSize: 400, specialTokens: SPECIAL_TOKENS });
  const config = { vocabSize: tokenizer.vocabSize, contextLength: CONTEXT, layers: 1, width: 16, heads: 2 };
  await writeModelDirectory({ directory, config, weights: initialWeights(config, 3), tokenizer });
  return openChatTokenizer(directory);
}

async function writeRecord(run: string, choice: object | undefined): Promise<void> {
  const data = {
    ...{ corpus: 'c', heldOutCorpus: 'd', prompts: 'p', heldOutPrompts: 'h' },
    ...{ goldPairs: 'g', controlPairs: 'k', controlGold: 'l' },
  };
  const config = runConfigSchema.parse({
    ...{ name: 'r', locale: 'ar', rubric: 'ar-msa', data },
    ...(choice === undefined ? {} : { trainer: choice }),
    model: { contextLength: CONTEXT },
    sampling: { maxNewTokens: 32 },
  });
  await writeRunRecord(run, {
    ...{ format: 'majlis-run/1', arms: ['rubricA'], runFile: '/run.yaml', config, fingerprints: {} },
  });
}

/** The second is preferred by every other model. */
function preferenceFor(rubricHash: string, at: number): Preference {
  const pair = { id: 'pair', prompt: PROMPT, first: ANSWER, second: 'لا' };
  const probabilityFirst = at % 2 === 0 ? 0.9 : 0.1;
  return { pair, rubricHash, probabilityFirst, weight: 1, excludedVerdicts: 0 };
}

function pairOf({ pair, probabilityFirst }: Preference, sequence: NetworkRun['sequence']) {
  const first = { tokenIds: sequence(pair.first), answerLength: 1 };
  const second = { tokenIds: sequence(pair.second), answerLength: 1 };
  return { promptId: 'p', first, second, probabilityFirst, weight: 1 };
}

function sequenceOf(tokenizer: ChatTokenizer, answer: string): number[] {
  const prompt = tokenizer.renderPrompt([{ role: 'user', content: PROMPT.text }]);
  return [...prompt, ...tokenizer.renderAnswer(answer)];
}
