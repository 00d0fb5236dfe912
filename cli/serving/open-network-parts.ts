import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { BadInputError, MajlisError } from '../../core/errors.js';
import type { ChatTokenizer } from '../../core/tokens/chat-tokenizer.js';
import { readTokenizerFiles } from '../../core/tokens/hugging-face/tokenizer-files.js';
import { openChatTokenizer } from '../../core/tokens/open-chat-tokenizer.js';
import type { Trainer, TrainerCall } from '../../core/trainer/trainer.js';
import type { AnswerEncoder } from '../../reward/model/encoded-pair.js';
import {
  createTrainerRewardModel,
  type TrainerRewardModelOptions,
} from '../../reward/model/trainer-reward-model.js';
import type { LocaleSource } from '../../reward/serving/serving-config.js';
import { rubricProfile } from '../commands/rubric/rubric-profile.js';
import { readStoredRubric, storedRubricPath } from '../control/stored-rubrics.js';
import { namedModel } from '../pipeline/named-model.js';
import { RestorableRewardModel } from '../pipeline/restorable-reward-model.js';
import type { HeldRewardModel } from '../pipeline/reward-forms/reward-form.js';
import { heldInTrainer, restoreInTrainer } from '../pipeline/reward-forms/trainer-reward-form.js';
import { rewardModelFolder, type RewardDescription } from '../pipeline/reward-store.js';
import { withAdaptersOf } from '../pipeline/run-ports.js';
import { readRunRecord, type FoundRun } from '../pipeline/run-record.js';
import { checkpointFolder, supervisedModel } from '../pipeline/supervised-checkpoint.js';
import { normalizerOf } from './open-light-parts.js';
import { requireSameBase } from './require-same-base.js';
import type { RewardParts } from './reward-parts.js';
import { ServedTrainer } from './served-trainer.js';
import type { SourceContext } from './source-context.js';

const EPOCH = 1;
/** Of one call: others who use the trainer have their turn after some passes of its own size. */
const TOKENS_PER_CALL = 16_384;
/** Scored for what it shows, and not for the score: every vocabulary has these tokens. */
const PROOF = { prompt: { id: 'proof', text: '', locale: 'und' }, answer: '', tokenIds: [0, 1] };

/** What a folder says of a network. */
export type NetworkDescription = Exclude<RewardDescription, { readonly form: 'light' }>;

/**
 * A network that a run trained, `runs/<id>/rewards/<name>` in a workspace, in the trainer of the kind that trained it. It begins with
 * the run's SFT checkpoint, whose tokenizer reads answers that come without tokens; its rubric is the one that the workspace stores.
 */
export async function openNetworkParts(
  folder: string,
  description: NetworkDescription,
  source: LocaleSource,
  context: SourceContext,
): Promise<RewardParts> {
  const run = await runOf(folder);
  const served = await trainerOf(run, source, { ...context, folder });
  const rubricHash = rubricHashOf(description, folder);
  const rubric = await readStoredRubric(run.workspace, rubricHash);
  const base = await baseOf(run);
  const reading = await readingOf(run, base);
  const names = { hash: description.rewardModelHash, rubricHash };
  const restore = async (): Promise<HeldRewardModel> => {
    await requireSameBase(run, base, { folder, baseHash: description.baseHash });
    const call: TrainerCall = { run: `serve-${names.hash}`, epoch: EPOCH };
    const place = { trainer: withAdaptersOf(run.record.config, served.trainer), call, base };
    const restored = await restoreInTrainer(place, rewardModelFolder(folder), description);
    const model = { ...restored, tokensPerCall: TOKENS_PER_CALL };
    return {
      ...heldInTrainer(model, names, description.baseHash),
      model: createTrainerRewardModel({ ...names, ...reading, model }),
    };
  };
  const model = new RestorableRewardModel(names, restore);
  return {
    ...{ form: 'network', rubric, isMeasured: true, normalizer: normalizerOf(description) },
    profile: await rubricProfile(rubric, storedRubricPath(run.workspace, rubricHash)),
    files: [join(folder, 'reward.json')],
    ...(served instanceof ServedTrainer ? keptIn(served, model) : standing(model)),
  };
}

type StandingParts = Pick<RewardParts, 'model' | 'ready' | 'release' | 'trainer'>;

/** In a trainer of this process, which lives as long as it. */
function standing(model: RestorableRewardModel): StandingParts {
  return { model, ready: () => model.ready(), release: () => model.release() };
}

/** In a trainer that may go away and come back without the model. */
function keptIn(trainer: ServedTrainer, model: RestorableRewardModel): StandingParts {
  let leave = (): void => undefined;
  return {
    model: {
      hash: model.hash,
      rubricHash: model.rubricHash,
      score: (...asked) => trainer.ask(() => model.score(...asked)),
    },
    ready: async () => {
      await trainer.load(() => model.ready());
      leave = trainer.keep(() => model.score([PROOF]));
    },
    release: async () => {
      leave();
      await trainer.free(() => model.release());
    },
    trainer,
  };
}

interface RunOfReward extends FoundRun {
  readonly workspace: string;
}

async function runOf(folder: string): Promise<RunOfReward> {
  const run = dirname(dirname(resolve(folder)));
  const workspace = dirname(dirname(run));
  const found = await readRunRecord(workspace, basename(run));
  if (found === undefined || found.directory !== run) {
    throw new BadInputError({
      source: folder,
      found: "a network of a run's trainer, outside of its run",
      allowed: 'runs/<id>/rewards/<name> of a workspace: its rubric and its tokenizer are there',
    });
  }
  return { ...found, workspace };
}

/** A network is computed by a trainer of the kind that trained it: its weights are in the form of that one's checkpoints. */
async function trainerOf(
  { id, record }: RunOfReward,
  { trainer: own }: LocaleSource,
  { file, place, folder, trainers, trainer: ofFile }: SourceContext & { readonly folder: string },
): Promise<ServedTrainer | { readonly trainer: Trainer }> {
  const trainedBy = record.config.trainer?.torch;
  const named = own ?? (trainedBy === undefined ? undefined : ofFile);
  const refusal = (found: string, allowed: string): BadInputError =>
    new BadInputError({ source: file, place: `${place}.trainer`, found, allowed });
  if (trainedBy === undefined) {
    if (named === undefined) return { trainer: trainers.embedded() };
    const found = `a trainer at ${named.torch.address} for ${folder}, a network of the embedded trainer`;
    throw refusal(found, 'none: this process computes it');
  }
  if (named !== undefined) return trainers.connect({ ...named.torch, file });
  const then = trainedBy.address === undefined ? '' : `; the run had ${trainedBy.address}`;
  throw refusal(
    `nothing, and ${folder} is a network of the PyTorch trainer of run ${id}`,
    `trainer: { torch: { address: HOST:PORT } }, or --trainer HOST:PORT, of a running "majlis trainer torch"${then}`,
  );
}

/** The rubric of what the model learned from: the folder names it nowhere else. */
function rubricHashOf({ preferences }: NetworkDescription, folder: string): string {
  const [first] = preferences;
  if (first !== undefined) return first.rubricHash;
  throw new MajlisError(`${folder} names no rubric: it holds no preferences`, { code: 'data_loss' });
}

/** The SFT checkpoint, or what the run file names where nothing was learned first. */
async function baseOf({ directory, record, id }: RunOfReward): Promise<string> {
  const trained = supervisedModel(checkpointFolder(directory));
  const base = existsSync(trained) ? trained : (await namedModel(record.config, record.runFile))?.directory;
  if (base !== undefined) return base;
  throw new MajlisError(`the SFT checkpoint of run ${id} is not at ${trained} any more`, {
    code: 'data_loss',
  });
}

/** How text becomes what the model reads, and what of it that can be. */
async function readingOf(
  run: RunOfReward,
  base: string,
): Promise<Pick<TrainerRewardModelOptions, 'encode' | 'readable'>> {
  const tokenizer = await openChatTokenizer(base);
  const { modelVocabSize: vocabSize = tokenizer.vocabSize } = await readTokenizerFiles(base);
  const { contextLength } = run.record.config.model;
  return { encode: encoderOf(run, tokenizer), readable: { contextLength, vocabSize } };
}

/** Prompt and answer in tokens, as the run made them: an instruction that is too long is cut at its end. */
function encoderOf({ record }: RunOfReward, tokenizer: ChatTokenizer): AnswerEncoder {
  const { model, sampling } = record.config;
  const longest = model.contextLength - sampling.maxNewTokens;
  return (prompt, answer) => {
    const answerTokenIds = tokenizer.renderAnswer(answer);
    const { tokenIds } = tokenizer.tokenizePrompt(prompt, longest);
    return { tokenIds: [...tokenIds, ...answerTokenIds], answerLength: answerTokenIds.length };
  };
}
