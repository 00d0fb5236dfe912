import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isOwnModel, type ModelOptions, type OwnModel } from '../../core/config/model-options.js';
import { MajlisError } from '../../core/errors.js';
import { createRng } from '../../core/math/rng.js';
import { initialWeights } from '../../core/network/gpt/gpt-parameters.js';
import { hashModelWeights } from '../../core/network/model-directory/hash-model-weights.js';
import { writeModelDirectory } from '../../core/network/model-directory/write-model-directory.js';
import { SPECIAL_TOKENS } from '../../core/network/tokenizer/chat-template.js';
import { trainTokenizer } from '../../core/network/tokenizer/train-tokenizer.js';
import type { ChatTokenizer } from '../../core/tokens/chat-tokenizer.js';
import { EmbeddedChatTokenizer } from '../../core/tokens/embedded-chat-tokenizer.js';
import { readTokenizerFiles } from '../../core/tokens/hugging-face/tokenizer-files.js';
import { openChatTokenizer } from '../../core/tokens/open-chat-tokenizer.js';
import type { PolicyVersion } from '../../core/domain/policy.js';
import type { Trainer, TrainerCall } from '../../core/trainer/trainer.js';
import { superviseModel, type Demonstration } from '../../coordinator/supervised/supervised-fine-tuning.js';
import type { ProgressListener } from './progress.js';
import type { CorpusLine, RunInputs } from './run-inputs.js';

/** The policy that every arm starts from, and the tokenizer that belongs to it. */
export interface SupervisedCheckpoint {
  readonly policy: PolicyVersion;
  readonly tokenizer: ChatTokenizer;
}

/** Where the checkpoint is made. */
export interface CheckpointPlace {
  readonly trainer: Trainer;
  readonly call: TrainerCall;
  readonly directory: string;
}

/** Where a run's folder has its checkpoint. */
export function checkpointFolder(runDirectory: string): string {
  return join(runDirectory, 'checkpoint');
}

/** The Hugging Face directory of what was fine-tuned, in the folder of a checkpoint. */
export function supervisedModel(folder: string): string {
  return join(folder, 'sft');
}

/** What supervised fine-tuning begins with: a Hugging Face directory, and the tokenizer that belongs to it. */
export interface BaseModel {
  readonly directory: string;
  readonly tokenizer: ChatTokenizer;
  /** Rows of the model's output layer. */
  readonly vocabulary: number;
}

/** The run's own new model with a tokenizer of its corpus, written below the folder, or the one that its run file names. */
export async function baseModel(inputs: RunInputs, folder: string): Promise<BaseModel> {
  const { config, corpus, model } = inputs;
  const directory = model?.directory ?? join(folder, 'initial');
  if (model !== undefined || existsSync(directory)) {
    const tokenizer = await openChatTokenizer(directory);
    const { modelVocabSize: vocabulary = tokenizer.vocabSize } = await readTokenizerFiles(directory);
    return { directory, tokenizer, vocabulary };
  }
  const texts = corpus.flatMap(({ prompt, answer }) => [prompt, answer]);
  const { vocabSize, ...shape } = ownModel(config.model);
  const trained = trainTokenizer(texts, { vocabSize, specialTokens: SPECIAL_TOKENS });
  const tokenizer = new EmbeddedChatTokenizer(trained);
  const network = { ...shape, vocabSize: tokenizer.vocabSize };
  const rng = createRng(config.seed).fork('checkpoint');
  const weights = initialWeights(network, rng.fork('weights').uint32());
  await writeModelDirectory({ directory, config: network, weights, tokenizer: trained });
  return { directory, tokenizer, vocabulary: tokenizer.vocabSize };
}

/**
 * The SFT checkpoint as a Hugging Face directory: the one that is there already, since a model directory appears whole or not
 * at all, or else a new one; the base itself where there is nothing to learn first.
 */
export async function supervisedCheckpoint(
  inputs: RunInputs,
  base: BaseModel,
  place: CheckpointPlace,
  onProgress: ProgressListener,
): Promise<SupervisedCheckpoint> {
  const { tokenizer } = base;
  const trained = supervisedModel(place.directory);
  const isWanted = inputs.config.supervised.steps > 0 || inputs.model === undefined;
  if (isWanted && !existsSync(trained)) return trainCheckpoint(inputs, base, place, onProgress);
  const location = isWanted ? trained : base.directory;
  return { tokenizer, policy: { version: 0, hash: await hashModelWeights(location), location } };
}

async function trainCheckpoint(
  { config, corpus }: RunInputs,
  { directory: base, tokenizer }: BaseModel,
  { trainer, call, directory }: CheckpointPlace,
  onProgress: ProgressListener,
): Promise<SupervisedCheckpoint> {
  const rng = createRng(config.seed).fork('checkpoint');
  const spec = { role: 'policy', base, heads: 0, seed: rng.fork('model').uint32() } as const;
  const modelId = await trainer.createModel(call, spec);
  const demonstrations = demonstrationsOf(corpus, tokenizer, config.model.contextLength);
  const options = { ...config.supervised, vocabSize: tokenizer.vocabSize, seed: rng.fork('order').uint32() };
  const steps = await superviseModel({ trainer, call, modelId }, demonstrations, options, (progress) => {
    const note = `loss ${progress.loss.toFixed(3)}`;
    onProgress({ stage: 'SFT', done: progress.step, all: progress.steps, unit: 'steps', note });
  });
  const published = await trainer.publishWeights(
    { ...call, expectedVersion: steps },
    { modelId, directory: supervisedModel(directory) },
  );
  await trainer.deleteModel({ ...call, expectedVersion: steps }, modelId);
  return { tokenizer, policy: { version: 0, hash: published.sha256, location: published.directory } };
}

/** Corpus lines as token ids; an answer that does not fit the context is cut at its end. */
export function demonstrationsOf(
  corpus: readonly Pick<CorpusLine, 'prompt' | 'answer'>[],
  tokenizer: ChatTokenizer,
  contextLength: number,
): Demonstration[] {
  return corpus.map(({ prompt, answer }) => {
    const promptTokenIds = tokenizer.renderPrompt([{ role: 'user', content: prompt }]);
    const answerTokenIds = tokenizer.renderAnswer(answer).slice(0, contextLength - promptTokenIds.length);
    return { promptTokenIds, answerTokenIds };
  });
}

function ownModel(model: ModelOptions): OwnModel {
  if (isOwnModel(model)) return model;
  throw new MajlisError(`${model.directory} was not read with the run's inputs`, { code: 'internal' });
}
