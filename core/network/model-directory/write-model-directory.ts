import { MajlisError } from '../../errors.js';
import { sha256 } from '../../runtime/content-hash.js';
import { writeFolderDurably, type FolderFiles } from '../../runtime/durable-folder.js';
import type { GptConfig } from '../gpt/gpt-config.js';
import type { Weights } from '../gpt/gpt-parameters.js';
import { gptParameters } from '../gpt/gpt-parameters.js';
import { ASSISTANT_TOKEN, CHAT_TEMPLATE, END_TOKEN, USER_TOKEN } from '../tokenizer/chat-template.js';
import type { Tokenizer } from '../tokenizer/tokenizer.js';
import { renderGptConfig } from './gpt-config-json.js';
import { modelFiles } from './model-files.js';
import { readTokenizer } from './read-model-directory.js';
import type { Tensor } from './safetensors.js';
import { encodeSafetensors } from './safetensors.js';

/** What to write, and where. */
export interface ModelToWrite {
  readonly directory: string;
  readonly config: GptConfig;
  /** A language model's, or with `score.weight` and `score.bias` a scoring model's. */
  readonly weights: Weights;
  /** The tokenizer to go with it: one in memory, or that of another directory. */
  readonly tokenizer?: Tokenizer;
  readonly tokenizerFrom?: string;
}

export interface WrittenModel {
  /** Of model.safetensors. */
  readonly sha256: string;
  /** Of all files together. */
  readonly bytes: number;
}

/**
 * Writes a Hugging Face GPT-2 directory that transformers opens unchanged. It appears whole or not at all, and
 * what was published never changes: the same model again changes nothing, another one is `already_exists`.
 */
export async function writeModelDirectory(model: ModelToWrite): Promise<WrittenModel> {
  const files = await renderFiles(model);
  await writeFolderDurably(model.directory, files);
  return {
    sha256: weightsHash(files),
    bytes: [...files.values()].reduce((sum, { length }) => sum + length, 0),
  };
}

function weightsHash(files: FolderFiles): string {
  return sha256(files.get(modelFiles.weights) ?? '');
}

async function renderFiles(model: ModelToWrite): Promise<FolderFiles> {
  const { config, weights, tokenizerFrom } = model;
  const tokenizer =
    model.tokenizer ?? (tokenizerFrom === undefined ? undefined : await readTokenizer(tokenizerFrom));
  const scoreHeads = weights.get('score.bias')?.length ?? 0;
  const end = tokenizer === undefined ? {} : { endTokenId: tokenizer.specialTokenId(END_TOKEN) };
  const files = new Map<string, Uint8Array>([
    [modelFiles.weights, encodeSafetensors(tensorsOf(config, weights, scoreHeads))],
    [modelFiles.config, Buffer.from(renderGptConfig({ config, scoreHeads, ...end }))],
  ]);
  if (scoreHeads === 0) files.set(modelFiles.generationConfig, jsonBytes(generationConfig(end.endTokenId)));
  if (tokenizer !== undefined) {
    files.set(modelFiles.tokenizer, Buffer.from(tokenizer.json));
    files.set(modelFiles.tokenizerConfig, jsonBytes(tokenizerConfig(config.contextLength)));
  }
  return files;
}

function tensorsOf(config: GptConfig, weights: Weights, scoreHeads: number): Tensor[] {
  return gptParameters(config, scoreHeads).map(({ name, shape }) => {
    const values = weights.get(name);
    const elements = shape.reduce((product, size) => product * size, 1);
    if (values?.length === elements) return { name, shape, values };
    throw new MajlisError(
      `Parameter ${name} has ${String(values?.length ?? 0)} values instead of ${String(elements)}.`,
      { code: 'internal' },
    );
  });
}

function jsonBytes(value: unknown): Uint8Array {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}

/** Plain sampling: whoever generates from the saved model sees the distribution that was trained. */
function generationConfig(endTokenId: number | undefined): object {
  const end = endTokenId ?? null;
  return {
    bos_token_id: end,
    eos_token_id: end,
    pad_token_id: end,
    do_sample: true,
    temperature: 1,
    top_k: 0,
    top_p: 1,
  };
}

function tokenizerConfig(contextLength: number): object {
  return {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: END_TOKEN,
    eos_token: END_TOKEN,
    pad_token: END_TOKEN,
    additional_special_tokens: [USER_TOKEN, ASSISTANT_TOKEN],
    model_max_length: contextLength,
    clean_up_tokenization_spaces: false,
    chat_template: CHAT_TEMPLATE,
  };
}
