import { dirname, isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { loadLocale } from '../../core/config/load-locale.js';
import { readJsonLines } from '../../core/config/read-json-lines.js';
import { readYaml } from '../../core/config/read-yaml.js';
import { runConfigSchema, type RunConfig } from '../../core/config/run-config.js';
import type { LocaleProfile } from '../../core/domain/locale.js';
import type { Prompt } from '../../core/domain/prompt.js';
import { packageRoot } from '../../core/runtime/package-root.js';
import type { AuthoredPair } from '../../workers/evaluation/control-judge.js';

/** One demonstration of the corpus, as text. */
export interface CorpusLine {
  readonly id: string;
  readonly prompt: string;
  readonly answer: string;
}

/** Everything a run reads from files, parsed and checked. */
export interface RunInputs {
  readonly config: RunConfig;
  readonly profile: LocaleProfile;
  readonly corpus: readonly CorpusLine[];
  /** Answers in the corpus's own mixture to held-out prompts, for the held-out likelihood. */
  readonly heldOutCorpus: readonly CorpusLine[];
  readonly prompts: readonly Prompt[];
  readonly heldOutPrompts: readonly Prompt[];
  readonly goldPairs: readonly AuthoredPair[];
  readonly controlPairs: readonly AuthoredPair[];
  readonly controlGold: readonly AuthoredPair[];
}

const id = z.string().min(1);
const text = z.string().trim().min(1);

const corpusSchema = z.object({ id, prompt: text, answer: text });
const pairSchema = z.object({ id, rubric: z.string(), prompt: text, better: z.string(), worse: z.string() });

/** Reads a run file and all files it names. A bad one is refused in a sentence that names file, place and remedy. */
export async function readRunInputs(path: string, overrides: { prompts?: string } = {}): Promise<RunInputs> {
  const config = await readYaml(path, runConfigSchema);
  const { data, locale } = config;
  const file = (name: string): string => join(dirname(path), name);
  const lines = (name: string): Promise<CorpusLine[]> =>
    readJsonLines(file(name), corpusSchema, { uniqueBy: (line) => line.id });
  const pairs = (name: string): Promise<AuthoredPair[]> =>
    readJsonLines(file(name), pairSchema, { uniqueBy: (pair) => pair.id });
  return {
    config,
    profile: await loadLocale(localeFile(locale)),
    corpus: await lines(data.corpus),
    heldOutCorpus: await lines(data.heldOutCorpus),
    prompts: await readPrompts(overrides.prompts ?? file(data.prompts), locale),
    heldOutPrompts: await readPrompts(file(data.heldOutPrompts), locale),
    goldPairs: await pairs(data.goldPairs),
    controlPairs: await pairs(data.controlPairs),
    controlGold: await pairs(data.controlGold),
  };
}

/** The shipped profile of a locale. */
export function localeFile(locale: string): string {
  return join(packageRoot, 'reward', 'locales', `${locale}.yaml`);
}

/** A shipped rubric by id, or a path as given. */
export function rubricFile(rubric: string, besides: string): string {
  if (!/[./\\]/.test(rubric)) return join(packageRoot, 'reward', 'rubrics', `${rubric}.yaml`);
  return isAbsolute(rubric) ? rubric : resolve(dirname(besides), rubric);
}

/**
 * Prompts as Majlis writes them ({id, text, locale?, category?}) or as Vicuna-80 has them ({question_id, text,
 * category}). Ids are unique within the file.
 */
export async function readPrompts(path: string, locale: string): Promise<Prompt[]> {
  const line = z
    .union([
      z.object({ id, text, locale: z.string().optional(), category: z.string().optional() }),
      z
        .object({ question_id: z.union([id, z.int()]), text, category: z.string().optional() })
        .transform(({ question_id, ...rest }) => ({ ...rest, id: String(question_id) })),
    ])
    .transform((prompt): Prompt => {
      const category = prompt.category === undefined ? {} : { category: prompt.category };
      return { id: prompt.id, text: prompt.text, locale, ...category };
    });
  return readJsonLines(path, line, { uniqueBy: (prompt) => prompt.id });
}

/** The same inputs under another seed, where one is given. */
export function withSeed(inputs: RunInputs, seed: number | undefined): RunInputs {
  return seed === undefined ? inputs : { ...inputs, config: { ...inputs.config, seed } };
}
