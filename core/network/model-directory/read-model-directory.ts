import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { z } from 'zod';

import { parseJson } from '../../config/parse-json.js';
import { BadInputError, MajlisError } from '../../errors.js';
import { sha256 } from '../../runtime/content-hash.js';
import type { GptConfig } from '../gpt/gpt-config.js';
import type { Weights } from '../gpt/gpt-parameters.js';
import { gptParameters } from '../gpt/gpt-parameters.js';
import { CHAT_TEMPLATE } from '../tokenizer/chat-template.js';
import { Tokenizer } from '../tokenizer/tokenizer.js';
import { parseGptConfig } from './gpt-config-json.js';
import { modelFiles } from './model-files.js';
import type { Tensor } from './safetensors.js';
import { decodeSafetensors } from './safetensors.js';

/** A Hugging Face GPT-2 directory, read. */
export interface ModelDirectory {
  readonly config: GptConfig;
  readonly weights: Weights;
  /** 0 for a language model, else the number of scores. */
  readonly scoreHeads: number;
  /** Of model.safetensors. */
  readonly sha256: string;
}

/** Reads configuration and weights. A missing file is `not_found`; weights that do not fit the configuration are bad input. */
export async function readModelDirectory(directory: string): Promise<ModelDirectory> {
  const configPath = join(directory, modelFiles.config);
  const weightsPath = join(directory, modelFiles.weights);
  const config = parseGptConfig((await readModelFile(configPath)).toString('utf8'), configPath);
  const bytes = await readModelFile(weightsPath);
  const tensors = decodeSafetensors(bytes, weightsPath);
  const scoreHeads = tensors.get('score.weight')?.shape[0] ?? 0;
  const weights = checkedWeights(tensors, config, { scoreHeads, source: weightsPath });
  return { config, weights, scoreHeads, sha256: sha256(bytes) };
}

function checkedWeights(
  tensors: ReadonlyMap<string, Tensor>,
  config: GptConfig,
  { scoreHeads, source }: { scoreHeads: number; source: string },
): Weights {
  const weights: Weights = new Map();
  for (const { name, shape } of gptParameters(config, scoreHeads)) {
    const tensor = tensors.get(name);
    if (tensor?.shape.join() !== shape.join()) {
      const found = tensor === undefined ? 'nothing' : `shape [${tensor.shape.join(', ')}]`;
      throw new BadInputError({ source, place: name, found, allowed: `shape [${shape.join(', ')}]` });
    }
    weights.set(name, tensor.values);
  }
  const stranger = [...tensors.keys()].find((name) => !weights.has(name));
  if (stranger !== undefined) {
    throw new BadInputError({ source, found: `tensor ${stranger}`, allowed: 'the tensors of GPT-2 alone' });
  }
  return weights;
}

const templateSchema = z.object({ chat_template: z.string().optional() });

/** Reads tokenizer.json, and checks that the directory's chat template is the one that Majlis renders. */
export async function readTokenizer(directory: string): Promise<Tokenizer> {
  const path = join(directory, modelFiles.tokenizer);
  const configPath = join(directory, modelFiles.tokenizerConfig);
  const json = (await readModelFile(path)).toString('utf8');
  const config = (await readModelFile(configPath)).toString('utf8');
  // transformers, when it saves, moves the template into a file of its own.
  const template =
    parseJson(config, templateSchema, { source: configPath }).chat_template ??
    (await readModelFile(join(directory, modelFiles.chatTemplate))).toString('utf8');
  if (template !== CHAT_TEMPLATE) {
    throw new BadInputError({
      source: configPath,
      place: 'chat_template',
      found: `another template than Majlis renders (${template.slice(0, 60)}…)`,
      allowed: CHAT_TEMPLATE,
    });
  }
  return new Tokenizer(json, path);
}

async function readModelFile(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new MajlisError(`${path} cannot be read.`, { code: 'not_found', cause });
  }
}
