import { z } from 'zod';
import { isScript } from '../../../core/config/locale-schema.js';
import { BadInputError } from '../../../core/errors.js';

/** What Unicode CLDR knows of a locale by way of `Intl`. What it does not know is absent. */
export interface CldrFacts {
  /** Canonical BCP 47 tag. */
  readonly tag: string;
  /** English name, such as Swahili. */
  readonly language: string;
  /** English name of the region that the tag names or most speakers live in. */
  readonly region?: string;
  readonly script?: string;
  readonly otherScripts: readonly string[];
  readonly segmentation?: 'dictionary';
  /** Numbering systems, the usual one first. */
  readonly digits: readonly string[];
  /** The traditional calendar where the region keeps one beside the Gregorian. */
  readonly calendar: string;
  /** Of the region; several where it spans several. */
  readonly timeZones: readonly string[];
}

/** ISO 15924 codes that stand for several scripts or for a variant of one. */
const COMPOSITES: Readonly<Record<string, readonly [string, ...string[]]>> = {
  Jpan: ['Hiragana', 'Katakana', 'Han'],
  Kore: ['Hangul'],
  Hans: ['Han'],
  Hant: ['Han'],
  Hanb: ['Han', 'Bopomofo'],
};

/** Scripts whose words ICU tells apart by dictionaries, since they are written without spaces. */
const WITHOUT_SPACES = new Set(['Hiragana', 'Han', 'Thai', 'Lao', 'Khmer', 'Myanmar']);

/** What Intl knows of a language tag; one that is no BCP 47 tag is a BadInputError. */
export function cldrFacts(tag: string): CldrFacts {
  const locale = parseTag(tag);
  const likely = locale.maximize();
  const [script, ...otherScripts] = scriptsOf(likely.script);
  return {
    tag: locale.baseName,
    language: nameOf('language', locale.language) ?? locale.language,
    ...present('region', nameOf('region', likely.region)),
    ...present('script', script),
    otherScripts,
    ...(script !== undefined && WITHOUT_SPACES.has(script) ? { segmentation: 'dictionary' } : {}),
    digits: [...new Set([new Intl.NumberFormat(likely.baseName).resolvedOptions().numberingSystem, 'latn'])],
    calendar: calendarOf(listed(likely, 'calendars')),
    timeZones: listed(likely, 'timeZones'),
  };
}

function parseTag(tag: string): Intl.Locale {
  try {
    return new Intl.Locale(tag);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    const found = JSON.stringify(tag);
    const allowed = 'a BCP 47 language tag such as sw or pt-BR';
    throw new BadInputError({ source: 'command line', place: 'locale', found, allowed }, thrown);
  }
}

function scriptsOf(code: string | undefined): readonly string[] {
  if (code === undefined) return [];
  const composite = COMPOSITES[code];
  if (composite !== undefined) return composite;
  const name = nameOf('script', code);
  return [name !== undefined && isScript(name) ? name : code].filter(isScript);
}

function nameOf(type: 'language' | 'region' | 'script', code: string | undefined): string | undefined {
  if (code === undefined) return undefined;
  return new Intl.DisplayNames('en', { type, fallback: 'none' }).of(code);
}

/** Preferred calendars of a region: its own comes first (Iran) or behind the Gregorian (Japan). */
function calendarOf(calendars: readonly string[]): string {
  return calendars.find((calendar) => calendar !== 'gregory') ?? 'gregory';
}

/** Lists of Intl.Locale are properties in Node 20 and methods in later versions. */
function listed(locale: Intl.Locale, name: 'calendars' | 'timeZones'): readonly string[] {
  const method: unknown = Reflect.get(locale, `get${name.charAt(0).toUpperCase()}${name.slice(1)}`);
  const value: unknown =
    typeof method === 'function' ? Reflect.apply(method, locale, []) : Reflect.get(locale, name);
  return z.array(z.string()).safeParse(value).data ?? [];
}

function present<Key extends string>(key: Key, value: string | undefined): Partial<Record<Key, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<Key, string>);
}
