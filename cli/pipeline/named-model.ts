import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { isOwnModel } from '../../core/config/model-options.js';
import { parseJson } from '../../core/config/parse-json.js';
import { readText } from '../../core/config/read-text.js';
import type { RunConfig } from '../../core/config/run-config.js';
import { BadInputError } from '../../core/errors.js';
import { hashModelWeights } from '../../core/network/model-directory/hash-model-weights.js';
import { modelFiles } from '../../core/network/model-directory/model-files.js';
import { openChatTokenizer } from '../../core/tokens/open-chat-tokenizer.js';

/** A Hugging Face directory, and which weights are in it. */
export interface NamedModel {
  /** Absolute. */
  readonly directory: string;
  readonly hash: string;
}

const configSchema = z.looseObject({ model_type: z.string() });
/** What this process trains and samples by itself. */
const EMBEDDED = 'gpt2';

/**
 * The model that a run file names, undefined where it has one made. Refuses now what would be refused once trainer and engine
 * are there, or after the supervised training: it takes no time, and they may take minutes.
 */
export async function namedModel(config: RunConfig, runFile: string): Promise<NamedModel | undefined> {
  const { model } = config;
  if (isOwnModel(model)) return undefined;
  const directory = resolve(dirname(runFile), model.directory);
  const hash = await hashModelWeights(directory);
  const type = await modelType(directory);
  await openChatTokenizer(directory);
  for (const [key, choice] of [
    ['trainer', 'torch'],
    ['engine', 'openai'],
  ] as const) {
    if (config[key] !== undefined || type === EMBEDDED) continue;
    const found = `none, and model.directory is a ${type}`;
    const allowed = `${key}: { ${choice}: {} }; this process itself runs ${EMBEDDED} alone`;
    throw new BadInputError({ source: runFile, place: key, found, allowed });
  }
  return { directory, hash };
}

async function modelType(directory: string): Promise<string> {
  const path = join(directory, modelFiles.config);
  if (!existsSync(path)) {
    throw new BadInputError({
      source: directory,
      found: `no ${modelFiles.config}`,
      allowed: 'a Hugging Face directory with config.json, tokenizer.json, chat template and safetensors',
    });
  }
  return parseJson(await readText(path), configSchema, { source: path }).model_type;
}
