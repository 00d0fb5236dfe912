import { dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { localesFor } from '../../core/config/known-locales.js';
import { readRows } from '../../core/config/read-rows.js';
import { readYaml } from '../../core/config/read-yaml.js';
import { runConfigSchema, type RunConfig } from '../../core/config/run-config.js';
import { localesOf, type RunLocaleEntry } from '../../core/config/run-locales.js';
import { profileFor, servingLocale, type LocaleProfile } from '../../core/domain/locale.js';
import type { Locale, Prompt } from '../../core/domain/prompt.js';
import { BadInputError } from '../../core/errors.js';
import type { AuthoredPair } from '../../workers/evaluation/control-judge.js';
import { loadCanaries } from './canaries.js';
import { namedModel, type NamedModel } from './named-model.js';
import { readPrompts } from './read-prompts.js';

/** One demonstration of the corpus, as text. */
export interface CorpusLine {
  readonly id: string;
  readonly prompt: string;
  readonly answer: string;
}

/** One of a run's locales; it serves the tags under it. */
export interface RunLocale {
  readonly locale: Locale;
  readonly profile: LocaleProfile;
  /** Answers that answer nothing, which the reward watch has scored. */
  readonly canaries: readonly string[];
}

/** The lines of a run's files; those of several locales one after the other, in the run file's order. */
interface RunLines {
  readonly corpus: readonly CorpusLine[];
  /** Answers in the corpus's own mixture to held-out prompts, for the held-out likelihood. */
  readonly heldOutCorpus: readonly CorpusLine[];
  readonly prompts: readonly Prompt[];
  readonly heldOutPrompts: readonly Prompt[];
  readonly goldPairs: readonly AuthoredPair[];
  readonly controlPairs: readonly AuthoredPair[];
  readonly controlGold: readonly AuthoredPair[];
}

/** Everything a run reads from files, parsed and checked. */
export interface RunInputs extends RunLines {
  readonly config: RunConfig;
  /** At least one. Every prompt is served by one of them. */
  readonly locales: readonly RunLocale[];
  /** The model that the run begins with; absent where it makes its own. */
  readonly model?: NamedModel;
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
  const entries = localesOf(config);
  const tags = entries.map(({ locale }) => locale);
  const [locales, files, given] = await Promise.all([
    Promise.all(entries.map((entry, at) => readLocale(entry, path, placeOf(config, at)))),
    Promise.all(entries.map((entry) => readEntry(entry, path, overrides.prompts !== undefined))),
    overrides.prompts === undefined ? undefined : readPrompts(overrides.prompts, tags),
  ]);
  const all = <Name extends keyof RunLines>(name: Name): RunLines[Name][number][] =>
    files.flatMap((lines): readonly RunLines[Name][number][] => lines[name]);
  const model = await namedModel(config, path);
  const inputs = {
    config,
    locales,
    ...(model === undefined ? {} : { model }),
    corpus: all('corpus'),
    heldOutCorpus: all('heldOutCorpus'),
    prompts: given ?? all('prompts'),
    heldOutPrompts: all('heldOutPrompts'),
    goldPairs: all('goldPairs'),
    controlPairs: all('controlPairs'),
    controlGold: all('controlGold'),
  };
  requireUniqueIds(inputs, path);
  if (given !== undefined) requireEveryLocale(given, tags, overrides.prompts ?? path);
  return inputs;
}

/** Where an entry stands in its run file, as the beginning of a place. */
function placeOf({ locales }: RunConfig, at: number): string {
  return locales === undefined ? '' : `locales[${at}].`;
}

async function readLocale({ locale }: RunLocaleEntry, runFile: string, place: string): Promise<RunLocale> {
  const profiles = await localesFor(runFile);
  const profile = profileFor(locale, profiles);
  if (profile !== undefined) return { locale, profile, canaries: await loadCanaries(locale, runFile) };
  throw new BadInputError({
    source: runFile,
    place: `${place}locale`,
    found: JSON.stringify(locale),
    allowed: `a locale with a profile: ${profiles.map((known) => known.locale).join(', ')}`,
  });
}

async function readEntry(
  { locale, data }: RunLocaleEntry,
  runFile: string,
  withoutPrompts: boolean,
): Promise<RunLines> {
  const file = (name: string): string => (isAbsolute(name) ? name : join(dirname(runFile), name));
  const lines = (name: string): Promise<CorpusLine[]> =>
    readRows(file(name), corpusSchema, { uniqueBy: (line) => line.id });
  const pairs = (name: string): Promise<AuthoredPair[]> =>
    readRows(file(name), pairSchema, { uniqueBy: (pair) => pair.id });
  return {
    corpus: await lines(data.corpus),
    heldOutCorpus: await lines(data.heldOutCorpus),
    prompts: withoutPrompts ? [] : await readPrompts(file(data.prompts), [locale]),
    heldOutPrompts: await readPrompts(file(data.heldOutPrompts), [locale]),
    goldPairs: await pairs(data.goldPairs),
    controlPairs: await pairs(data.controlPairs),
    controlGold: await pairs(data.controlGold),
  };
}

/** Within one file they are unique already; tasks and draws derive from them over all. */
function requireUniqueIds(inputs: RunLines, runFile: string): void {
  for (const name of ['prompts', 'heldOutPrompts'] as const) {
    const seen = new Set<string>();
    for (const prompt of inputs[name]) {
      if (seen.has(prompt.id)) {
        throw new BadInputError({
          source: runFile,
          place: `data.${name}`,
          found: `the id ${JSON.stringify(prompt.id)} in the files of two locales`,
          allowed: 'an id once over all locales',
        });
      }
      seen.add(prompt.id);
    }
  }
}

function requireEveryLocale(prompts: readonly Prompt[], tags: readonly Locale[], path: string): void {
  const asked = new Set(prompts.map(({ locale }) => servingLocale(locale, tags)));
  const missing = tags.find((tag) => !asked.has(tag));
  if (missing === undefined) return;
  const allowed = `prompts of every locale of the run: ${tags.join(', ')}`;
  throw new BadInputError({ source: path, found: `no prompt in ${missing}`, allowed });
}

/** The same inputs under another seed, where one is given. */
export function withSeed(inputs: RunInputs, seed: number | undefined): RunInputs {
  return seed === undefined ? inputs : { ...inputs, config: { ...inputs.config, seed } };
}
