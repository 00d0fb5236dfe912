import { existsSync, readdirSync } from 'node:fs';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { readRows } from '../../core/config/read-rows.js';
import { readYaml } from '../../core/config/read-yaml.js';
import { runConfigSchema, type RunConfig } from '../../core/config/run-config.js';
import { isWithin, profileFor, type LocaleProfile } from '../../core/domain/locale.js';
import type { Prompt } from '../../core/domain/prompt.js';
import { BadInputError } from '../../core/errors.js';
import { packageRoot } from '../../core/runtime/package-root.js';
import type { AuthoredPair } from '../../workers/evaluation/control-judge.js';
import { loadCanaries } from './canaries.js';
import { localesFor } from '../../core/config/known-locales.js';

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
  /** Answers that answer nothing, which the reward watch has scored. */
  readonly canaries: readonly string[];
}

const id = z.string().min(1);
const text = z.string().trim().min(1);

const localeTag = z.string().min(2);
const corpusSchema = z.strictObject({ id, prompt: text, answer: text, locale: localeTag.optional() });
const pairSchema = z.strictObject({
  id,
  rubric: z.string(),
  prompt: text,
  better: z.string(),
  worse: z.string(),
  /** For people. */
  why: z.string().optional(),
  /** Who wrote it, and who checked it. */
  provenance: z.string().optional(),
});

/** Reads a run file and all files it names. A bad one is refused in a sentence that names file, place and remedy. */
export async function readRunInputs(path: string, overrides: { prompts?: string } = {}): Promise<RunInputs> {
  const config = await readYaml(path, runConfigSchema);
  const { data, locale } = config;
  const file = (name: string): string => (isAbsolute(name) ? name : join(dirname(path), name));
  const lines = (name: string): Promise<CorpusLine[]> =>
    readRows(file(name), corpusSchema, { uniqueBy: (line) => line.id });
  const pairs = (name: string): Promise<AuthoredPair[]> =>
    readRows(file(name), pairSchema, { uniqueBy: (pair) => pair.id });
  return {
    config,
    profile: await loadProfile(locale, path),
    corpus: await lines(data.corpus),
    heldOutCorpus: await lines(data.heldOutCorpus),
    prompts: await readPrompts(overrides.prompts ?? file(data.prompts), locale),
    heldOutPrompts: await readPrompts(file(data.heldOutPrompts), locale),
    goldPairs: await pairs(data.goldPairs),
    controlPairs: await pairs(data.controlPairs),
    controlGold: await pairs(data.controlGold),
    canaries: await loadCanaries(locale, path),
  };
}

/** The profile that serves a run file's locale. */
async function loadProfile(locale: string, runFile: string): Promise<LocaleProfile> {
  const profiles = await localesFor(runFile);
  const profile = profileFor(locale, profiles);
  if (profile !== undefined) return profile;
  throw new BadInputError({
    source: runFile,
    place: 'locale',
    found: JSON.stringify(locale),
    allowed: `a locale with a profile: ${profiles.map((known) => known.locale).join(', ')}`,
  });
}

const SHIPPED_RUBRICS = join(packageRoot, 'reward', 'rubrics');

/** Ids of the rubrics that come with Majlis. */
function shippedRubricIds(): string[] {
  return readdirSync(SHIPPED_RUBRICS)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.replace(/\.yaml$/, ''))
    .sort();
}

/** Whether a name is meant as a shipped rubric's id: files have a dot or a slash in their names. */
export function isRubricId(name: string): boolean {
  return !/[./\\]/.test(name);
}

/** A shipped rubric by id, or a path as given, from the folder of the file that names it. */
export function rubricFile(rubric: string, besides: string): string {
  if (!isRubricId(rubric)) return isAbsolute(rubric) ? rubric : resolve(dirname(besides), rubric);
  const path = join(SHIPPED_RUBRICS, `${rubric}.yaml`);
  if (existsSync(path)) return path;
  throw new BadInputError({
    source: besides,
    place: 'rubric',
    found: JSON.stringify(rubric),
    allowed: `a rubric file, or one of ${shippedRubricIds().join(', ')}`,
  });
}

/**
 * Prompts as Majlis writes them ({id, text, locale?, category?}) or as Vicuna-80 has them ({question_id, text,
 * category?}). Ids are unique within the file. A prompt has the run's locale, or the one under it that its line names.
 */
export async function readPrompts(path: string, runLocale: string): Promise<Prompt[]> {
  const line = promptSchema(runLocale).transform(
    ({ id: given, question_id, text: asked, locale: tag = runLocale, category }): Prompt => {
      const locale = tag.length === runLocale.length ? runLocale : tag;
      const prompt = { id: String(given ?? question_id), text: asked, locale };
      return category === undefined ? prompt : { ...prompt, category };
    },
  );
  return readRows(path, line, { uniqueBy: (prompt) => prompt.id });
}

const promptSchema = (runLocale: string) =>
  z
    .strictObject({
      id: id.optional(),
      question_id: z.union([id, z.int()], { error: 'text or a whole number' }).optional(),
      text,
      locale: localeTag
        .refine((tag) => isWithin(tag, runLocale), {
          error: `${runLocale}, the run's locale, or a tag under it`,
        })
        .optional(),
      category: z.string().optional(),
    })
    .refine((prompt) => (prompt.id === undefined) !== (prompt.question_id === undefined), {
      error: 'an object with an id or a question_id',
    });

/** The same inputs under another seed, where one is given. */
export function withSeed(inputs: RunInputs, seed: number | undefined): RunInputs {
  return seed === undefined ? inputs : { ...inputs, config: { ...inputs.config, seed } };
}
