import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { BadInputError, MajlisError } from '../../core/errors.js';
import type { ChatTokenizer } from '../../core/tokens/chat-tokenizer.js';
import { openChatTokenizer } from '../../core/tokens/open-chat-tokenizer.js';
import type { Trainer, TrainerCall } from '../../core/trainer/trainer.js';
import type { AnswerEncoder } from '../../reward/model/encoded-pair.js';
import { createTrainerRewardModel } from '../../reward/model/trainer-reward-model.js';
import { rubricProfile } from '../commands/rubric/rubric-profile.js';
import { readStoredRubric, storedRubricPath } from '../control/stored-rubrics.js';
import { namedModel } from '../pipeline/named-model.js';
import { restoreInTrainer } from '../pipeline/reward-forms/trainer-reward-form.js';
import { rewardModelFolder, type RewardDescription } from '../pipeline/reward-store.js';
import { readRunRecord, type FoundRun } from '../pipeline/run-record.js';
import { checkpointFolder, supervisedModel } from '../pipeline/supervised-checkpoint.js';
import { normalizerOf } from './open-light-parts.js';
import type { RewardParts } from './reward-parts.js';

const EPOCH = 1;

/** What a folder says of a network. */
export type NetworkDescription = Exclude<RewardDescription, { readonly form: 'light' }>;

/**
 * A network that a run trained, `runs/<id>/rewards/<name>` in a workspace, in the embedded trainer. It begins with the run's SFT
 * checkpoint, whose tokenizer reads answers that come without tokens; its rubric is the one that the workspace stores.
 */
export async function openNetworkParts(
  folder: string,
  description: NetworkDescription,
  trainer: () => Trainer,
): Promise<RewardParts> {
  const run = await runOf(folder);
  const { workspace } = run;
  const rubricHash = rubricHashOf(description, folder);
  const rubric = await readStoredRubric(workspace, rubricHash);
  const base = await baseOf(run);
  const tokenizer = await openChatTokenizer(base);
  const { rewardModelHash: hash, heads, steps } = description;
  const call: TrainerCall = { run: `serve-${hash}`, epoch: EPOCH };
  const place = { trainer: trainer(), call, base };
  const model = await restoreInTrainer(place, rewardModelFolder(folder), { heads, steps });
  const { contextLength } = run.record.config.model;
  const readable = { contextLength, vocabSize: tokenizer.vocabSize };
  return {
    ...{ form: 'network', rubric, isMeasured: true, normalizer: normalizerOf(description) },
    profile: await rubricProfile(rubric, storedRubricPath(workspace, rubricHash)),
    model: createTrainerRewardModel({
      ...{ hash, rubricHash, model, readable },
      encode: encoderOf(run, tokenizer),
    }),
    files: [join(folder, 'reward.json')],
    release: () => model.trainer.deleteModel(model.call, model.modelId),
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
  if (found.record.config.trainer === undefined) return { ...found, workspace };
  throw new BadInputError({
    source: folder,
    found: `a network of the PyTorch trainer of run ${found.id}`,
    allowed: 'one of the embedded trainer, or a light model: rewardModel: { form: light } in the run file',
  });
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
