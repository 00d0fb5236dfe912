import { z } from 'zod';
import { PROMPT_SCRIPT } from '../domain/locale.js';

/** How a scaffold begins what a person has to fill in; the rest of the text says with what. */
export const TO_DO = /^TODO\b:?\s*/;

const text = z
  .string()
  .trim()
  .min(1)
  .refine((value) => !TO_DO.test(value), 'a value in the place of its TODO')
  .transform((value) => value.normalize('NFC'));
const texts = z.array(text);

const calendars = Intl.supportedValuesOf('calendar');
const numberingSystems = Intl.supportedValuesOf('numberingSystem');
/** ISO 4217's code for no currency, which Intl does not list. */
const NO_CURRENCY = 'XXX';
const currencies = new Set([...Intl.supportedValuesOf('currency'), NO_CURRENCY]);

/** Whether Unicode knows a script by this name or four-letter code. */
export function isScript(name: string): boolean {
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
const registerName = z.string().refine((name) => !TO_DO.test(name), 'a name in the place of its TODO');

/**
 * A locale profile as it is written, without the halves. What a profile may leave out is absent when it does, and not
 * filled in: the hash of a profile is then what it was before the key existed.
 */
export const localeFileSchema = z.strictObject({
  locale: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/, 'a BCP 47 language tag such as ar or ko-KR'),
  script: z
    .string()
    .refine(
      (name) => name === PROMPT_SCRIPT || isScript(name),
      'a Unicode script name such as Arabic or Hangul, or prompt',
    ),
  otherScripts: z
    .array(z.string().refine(isScript, 'a Unicode script name such as Katakana'))
    .exactOptional(),
  segmentation: z.literal('dictionary').exactOptional(),
  digits: z
    .array(
      z
        .string()
        .refine((name) => numberingSystems.includes(name), 'a numbering system of Intl such as latn or arab'),
    )
    .min(1)
    .exactOptional(),
  registers: z.record(registerName, registerSchema),
  prefixes: texts.default([]),
  suffixes: texts.default([]),
  gazetteer: z.array(entitySchema),
  taboo: texts.default([]),
  units: z.strictObject({
    currency: z.string().refine((code) => currencies.has(code), 'an ISO 4217 currency code'),
    calendar: z
      .string()
      .refine((name) => calendars.includes(name), `a calendar of Intl: ${calendars.join(', ')}`),
    timeZone: z.string().refine(isTimeZone, 'an IANA time zone such as Africa/Cairo'),
  }),
  localCurrencyWords: texts.default([]),
  foreignCurrencyWords: texts.default([]),
  stopWords: texts.exactOptional(),
  evaluatorAddresses: texts.exactOptional(),
});
