import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { LocaleProfile } from '../domain/locale.js';
import { BadInputError } from '../errors.js';
import { entityHalf } from './entity-half.js';
import { readYaml } from './read-yaml.js';

const text = z
  .string()
  .trim()
  .min(1)
  .transform((value) => value.normalize('NFC'));
const texts = z.array(text);

const calendars = Intl.supportedValuesOf('calendar');
const currencies = Intl.supportedValuesOf('currency');

function isScript(name: string): boolean {
  try {
    new RegExp(`\\p{Script=${name}}`, 'u');
    return true;
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return false;
    throw thrown;
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (thrown) {
    if (thrown instanceof RangeError) return false;
    throw thrown;
  }
}

const entitySchema = z.strictObject({
  text,
  kind: z.enum(['person', 'place', 'food', 'holiday', 'organisation', 'currency']),
  origin: z.enum(['local', 'foreign']),
});

const registerSchema = z.strictObject({ markers: texts.default([]), endings: texts.default([]) });

/** A locale profile as it is written, without the halves. */
export const localeFileSchema = z.strictObject({
  locale: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/, 'a BCP 47 language tag such as ar or ko-KR'),
  script: z.string().refine(isScript, 'a Unicode script name such as Arabic or Hangul'),
  registers: z.record(z.string(), registerSchema),
  prefixes: texts.default([]),
  suffixes: texts.default([]),
  gazetteer: z.array(entitySchema).min(1),
  taboo: texts.default([]),
  units: z.strictObject({
    currency: z.string().refine((code) => currencies.includes(code), 'an ISO 4217 currency code'),
    calendar: z
      .string()
      .refine((name) => calendars.includes(name), `a calendar of Intl: ${calendars.join(', ')}`),
    timeZone: z.string().refine(isTimeZone, 'an IANA time zone such as Africa/Cairo'),
  }),
  localCurrencyWords: texts.default([]),
  foreignCurrencyWords: texts.default([]),
});

/** Reads one locale profile and gives every name its half. A name that stands twice is refused. */
export async function loadLocale(path: string): Promise<LocaleProfile> {
  const file = await readYaml(path, localeFileSchema);
  const known = new Set<string>();
  for (const [index, entity] of file.gazetteer.entries()) {
    if (known.has(entity.text)) {
      throw new BadInputError({
        source: path,
        place: `gazetteer[${index}].text`,
        found: `${JSON.stringify(entity.text)} again`,
        allowed: 'each name once',
      });
    }
    known.add(entity.text);
  }
  const gazetteer = file.gazetteer.map((entity) => ({ ...entity, half: entityHalf(entity.text) }));
  return { ...file, gazetteer };
}

/** Every locale profile in a folder, in order of file name. */
export async function loadLocales(folder: string): Promise<LocaleProfile[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.yaml')).sort();
  return Promise.all(names.map((name) => loadLocale(join(folder, name))));
}
