import { z } from 'zod';
import { defineEvaluator } from '../evaluator.js';
import { createLexicon } from '../lexicon.js';

const DAY_MS = 86_400_000;
/** Two years from 2024-01-01: every month of every calendar starts within them. */
const DAYS = Array.from({ length: 731 }, (_, day) => new Date(Date.UTC(2024, 0, 1) + day * DAY_MS));
const YEARS = Array.from({ length: 125 }, (_, year) => new Date(Date.UTC(1900 + year, 11, 31)));

/**
 * Dates as the region names them: one minus the share of foreign month and weekday names. The region's own are
 * `Intl`'s (Unicode CLDR) for its locale in the Gregorian and in its traditional calendar; foreign are those of
 * `foreignLocales` that the region does not share. `eras` adds the traditional calendar's eras since 1900 (令和) to the
 * region's own. An answer without dates scores 1.
 */
export const localCalendar = defineEvaluator({
  name: 'local-calendar',
  parameters: z.strictObject({
    foreignLocales: z.array(z.string().min(2)).min(1).default(['en']),
    eras: z.boolean().default(false),
  }),
  prepare: ({ foreignLocales, eras }, { tag, profile }) => {
    const { calendar } = profile.units;
    const lexicon = createLexicon(
      {
        local: [
          ...namesIn(tag, 'gregory'),
          ...namesIn(tag, calendar),
          ...(eras ? erasIn(tag, calendar) : []),
        ],
        foreign: foreignLocales.flatMap((locale) => namesIn(locale, 'gregory')),
      },
      profile,
    );
    return ({ text }) => {
      const { local, foreign } = lexicon(text);
      return local + foreign === 0 ? 1 : local / (local + foreign);
    };
  },
});

/** By locale and calendar: the same for each rubric, and there are few. */
const named = new Map<string, readonly string[]>();

/** Month and weekday names of a calendar in a locale; numbered months (1월) are no names. */
function namesIn(locale: string, calendar: string): readonly string[] {
  const key = `${locale} ${calendar}`;
  const known = named.get(key) ?? readNames(locale, calendar);
  named.set(key, known);
  return known;
}

function readNames(locale: string, calendar: string): readonly string[] {
  const month = new Intl.DateTimeFormat(locale, { calendar, month: 'long', timeZone: 'UTC' });
  const weekday = new Intl.DateTimeFormat(locale, { weekday: 'long', timeZone: 'UTC' });
  const names = DAYS.flatMap((day) => [month.format(day), weekday.format(day)]);
  return [...new Set(names)].filter((name) => !/\p{N}/u.test(name)).map((name) => name.normalize('NFC'));
}

/** The eras of a calendar from 1900 to 2024, as Japan names years by them. */
function erasIn(locale: string, calendar: string): string[] {
  const year = new Intl.DateTimeFormat(locale, { calendar, era: 'long', year: 'numeric', timeZone: 'UTC' });
  const names = YEARS.flatMap((date) =>
    year.formatToParts(date).flatMap(({ type, value }) => (type === 'era' ? [value.normalize('NFC')] : [])),
  );
  return [...new Set(names)];
}
