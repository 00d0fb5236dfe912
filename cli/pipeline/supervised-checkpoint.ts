import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createRng } from '../../core/math/rng.js';
import { initialWeights } from '../../core/network/gpt/gpt-parameters.js';
import { readModelDirectory } from '../../core/network/model-directory/read-model-directory.js';
import { writeModelDirectory } from '../../core/network/model-directory/write-model-directory.js';
import { SPECIAL_TOKENS } from '../../core/network/tokenizer/chat-template.js';
import { trainTokenizer } from '../../core/network/tokenizer/train-tokenizer.js';
import type { ChatTokenizer } from '../../core/tokens/chat-tokenizer.js';
import { EmbeddedChatTokenizer } from '../../core/tokens/embedded-chat-tokenizer.js';
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

/**
 * The tokenizer and the SFT checkpoint of the corpus as one Hugging Face directory: the one that is there already, since
 * a model directory appears whole or not at all, or else a new one.
 */
export async function supervisedCheckpoint(
  inputs: RunInputs,
  place: CheckpointPlace,
  onProgress: ProgressListener,
): Promise<SupervisedCheckpoint> {
  const location = join(place.directory, 'sft');
  if (!existsSync(location)) return trainCheckpoint(inputs, place, onProgress);
  const { sha256: hash } = await readModelDirectory(location);
  return { tokenizer: await openChatTokenizer(location), policy: { version: 0, hash, location } };
}

async function trainCheckpoint(
  { config, corpus }: RunInputs,
  { trainer, call, directory }: CheckpointPlace,
  onProgress: ProgressListener,
): Promise<SupervisedCheckpoint> {
  const rng = createRng(config.seed).fork('checkpoint');
  const texts = corpus.flatMap(({ prompt, answer }) => [prompt, answer]);
  const { vocabSize, ...shape } = config.model;
  const trained = trainTokenizer(texts, { vocabSize, specialTokens: SPECIAL_TOKENS });
  const tokenizer = new EmbeddedChatTokenizer(trained);
  const network = { ...shape, vocabSize: tokenizer.vocabSize };
  const base = join(directory, 'initial');
  const weights = initialWeights(network, rng.fork('weights').uint32());
  await writeModelDirectory({ directory: base, config: network, weights, tokenizer: trained });

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
    { modelId, directory: join(directory, 'sft') },
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
