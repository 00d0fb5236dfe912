import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../config/parse-json.js';
import { BadInputError, MajlisError } from '../../errors.js';
import { modelFiles } from '../../network/model-directory/model-files.js';
import { systemCode } from '../../runtime/storage-error.js';

const id = z.int().nonnegative();

const tokenizerSchema = z.looseObject({
  model: z.looseObject({ vocab: z.union([z.record(z.string(), id), z.array(z.unknown())]) }),
  added_tokens: z.array(z.looseObject({ id, content: z.string().min(1), special: z.boolean() })),
  decoder: z.looseObject({ type: z.string() }).nullish(),
});

/** A special token as Transformers saves it: its text, or an object that holds it. */
const namedToken = z.union([
  z.string(),
  z.looseObject({ content: z.string() }).transform(({ content }) => content),
]);

const configSchema = z.looseObject({
  bos_token: namedToken.nullish(),
  eos_token: namedToken.nullish(),
  pad_token: namedToken.nullish(),
  unk_token: namedToken.nullish(),
  chat_template: z
    .union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))])
    .nullish(),
});

const endSchema = z.looseObject({ eos_token_id: z.union([id, z.array(id)]).nullish() });

const modelSchema = endSchema.extend({
  vocab_size: id.nullish(),
  text_config: z.looseObject({ vocab_size: id.nullish() }).nullish(),
});

/** An added token of a tokenizer.json: matched in text as a whole, whatever the model would make of it. */
export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Special ones steer the model, and no reader sees them. */
  readonly special: boolean;
}

/** What a Hugging Face directory says about its tokens. */
export interface TokenizerFiles {
  readonly directory: string;
  /** tokenizer.json, as text and as parsed. */
  readonly json: string;
  readonly tokenizer: z.output<typeof tokenizerSchema>;
  /** tokenizer_config.json. */
  readonly config: z.output<typeof configSchema>;
  readonly chatTemplate: string;
  /** The file that the chat template was read from. */
  readonly templateSource: string;
  /** Ends of answers, by configuration and generation configuration. */
  readonly endTokenIds: readonly number[];
  /** Rows of the model's embedding; undefined where there is no config.json. */
  readonly modelVocabSize: number | undefined;
}

/**
 * Reads tokenizer.json, tokenizer_config.json, the chat template from either place that Transformers saves it in, and the
 * two configurations where they are. No tokenizer or no chat template is bad input that names what to do.
 */
export async function readTokenizerFiles(directory: string): Promise<TokenizerFiles> {
  const path = (name: string): string => join(directory, name);
  const json = await readOptional(path(modelFiles.tokenizer));
  if (json === undefined) throw missing(directory, modelFiles.tokenizer, 'a tokenizer of the fast kind');
  const config = await readJson(path(modelFiles.tokenizerConfig), configSchema);
  const template = await readTemplate(directory, config?.chat_template);
  const model = await readJson(path(modelFiles.config), modelSchema);
  const generation = await readJson(path(modelFiles.generationConfig), endSchema);
  return {
    directory,
    json,
    tokenizer: parseJson(json, tokenizerSchema, { source: path(modelFiles.tokenizer) }),
    config: config ?? {},
    ...template,
    endTokenIds: [generation, model].flatMap((file) => file?.eos_token_id ?? []),
    modelVocabSize: model?.vocab_size ?? model?.text_config?.vocab_size ?? undefined,
  };
}

/** Transformers prefers the file of its own over the configuration, and of several templates the default one. */
async function readTemplate(
  directory: string,
  configured: z.output<typeof configSchema>['chat_template'],
): Promise<Pick<TokenizerFiles, 'chatTemplate' | 'templateSource'>> {
  const file = join(directory, modelFiles.chatTemplate);
  const text = await readOptional(file);
  if (text !== undefined) return { chatTemplate: text, templateSource: file };
  const chatTemplate =
    typeof configured === 'string'
      ? configured
      : configured?.find(({ name }) => name === 'default')?.template;
  if (chatTemplate === undefined) {
    const allowed = `${modelFiles.chatTemplate} in that folder, or chat_template in ${modelFiles.tokenizerConfig}; an instruction-tuned model has one`;
    throw new BadInputError({ source: directory, found: 'no chat template', allowed });
  }
  return { chatTemplate, templateSource: join(directory, modelFiles.tokenizerConfig) };
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readOptional(path);
  return text === undefined ? undefined : parseJson(text, schema, { source: path });
}

/** Undefined where there is no such file; a folder or file that cannot be read is `not_found`. */
async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw new MajlisError(`${path} cannot be read.`, { code: 'not_found', cause });
  }
}

function missing(directory: string, name: string, kind: string): BadInputError {
  return new BadInputError({
    source: directory,
    found: `no ${name}`,
    allowed: `a folder with ${name}, ${kind}`,
  });
}
