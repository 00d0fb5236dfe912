import { z } from 'zod';
import { isWithin } from '../domain/locale.js';
import { quote } from './parse-input.js';

const path = z.string().min(1);

/** The files that a run on one locale reads, or one locale of a run on several. */
export const runDataSchema = z.strictObject({
  corpus: path,
  heldOutCorpus: path,
  prompts: path,
  heldOutPrompts: path,
  goldPairs: path,
  controlPairs: path,
  controlGold: path,
});

export const runLocaleSchema = z.strictObject({
  locale: z.string().min(2),
  /** A rubric's id among the shipped ones, or the path of a rubric file. */
  rubric: z.string().min(1),
  data: runDataSchema,
});

/** A locale as a run file has it: its rubric and its files. */
export type RunLocaleEntry = z.infer<typeof runLocaleSchema>;

/** What of a run file says which locales it is on: one by itself, or several as a list. */
type LocalesChoice = {
  readonly [Key in keyof RunLocaleEntry]?: RunLocaleEntry[Key];
} & { readonly locales?: readonly RunLocaleEntry[] };

interface Misfit {
  readonly path: readonly (string | number)[];
  readonly found: string;
  readonly allowed: string;
}

const OWN = { locale: 'string', rubric: 'string', data: 'object' } as const;

/** The locales of a run, in the file's order; a checked file has at least one. */
export function localesOf({ locale, rubric, data, locales }: LocalesChoice): readonly RunLocaleEntry[] {
  if (locales !== undefined) return locales;
  return locale === undefined || rubric === undefined || data === undefined ? [] : [{ locale, rubric, data }];
}

/** What is wrong with a run file's locales, in its order. */
export function localeMisfits(choice: LocalesChoice): Misfit[] {
  const { locales } = choice;
  if (locales !== undefined) return [...besideLocales(choice), ...locales.flatMap(amongLocales)];
  return Object.entries(OWN).flatMap(([key, type]) =>
    choice[key as keyof typeof OWN] === undefined
      ? [{ path: [key], found: 'nothing', allowed: `a value of type ${type}` }]
      : [],
  );
}

function besideLocales(choice: LocalesChoice): Misfit[] {
  return Object.keys(OWN).flatMap((key) => {
    const found = choice[key as keyof typeof OWN];
    const allowed = `no ${key} beside locales, each of which has its own`;
    return found === undefined ? [] : [{ path: [key], found: quote(found), allowed }];
  });
}

/** A locale under another would leave open whose rubric judges it; a rubric in two entries, whose figures are whose. */
function amongLocales(
  { locale, rubric }: RunLocaleEntry,
  at: number,
  all: readonly RunLocaleEntry[],
): Misfit[] {
  const before = all.slice(0, at);
  const near = before.find((other) => isWithin(locale, other.locale) || isWithin(other.locale, locale));
  if (near !== undefined) {
    const found = `${quote(locale)} beside ${quote(near.locale)}`;
    const allowed =
      'a locale that is no other’s, and neither under nor above another; regions are tags of prompts';
    return [{ path: ['locales', at, 'locale'], found, allowed }];
  }
  if (!before.some((other) => other.rubric === rubric)) return [];
  return [{ path: ['locales', at, 'rubric'], found: quote(rubric), allowed: 'a rubric of its own' }];
}
