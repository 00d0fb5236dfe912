import { stringify } from 'yaml';
import type { CldrFacts } from './cldr-facts.js';

/** The register that a scaffolded rubric asks for. */
export const SCAFFOLDED_REGISTER = 'polite';

const KINDS = [
  { kind: 'person', what: 'a given or family name' },
  { kind: 'place', what: 'a town, a district or a sight' },
  { kind: 'food', what: 'a dish or a drink' },
  { kind: 'holiday', what: 'a feast or a holiday' },
] as const;
const ORIGINS = ['local', 'foreign'] as const;

/** A profile with what CLDR knows and a TODO wherever a person has to say something. */
export function scaffoldProfile(facts: CldrFacts): string {
  return `${header(facts)}\n${stringify(profileOf(facts), { lineWidth: 0 })}`;
}

/** What belongs in the place of a currency code. */
export function currencyToDo({ region, language }: CldrFacts): string {
  return `TODO the ISO 4217 code of the money of ${region ?? `where ${language} is spoken`}`;
}

/** The region's time zone where it has one only. */
export function timeZoneOf({ timeZones, region }: CldrFacts): string {
  if (timeZones.length === 1) return timeZones[0];
  const choice = timeZones.slice(0, 5).join(', ');
  return `TODO an IANA time zone${region === undefined ? '' : ` of ${region}`}${choice === '' ? '' : `, such as ${choice}`}`;
}

function header({ tag, language, region }: CldrFacts): string {
  return [
    `# ${language}${region === undefined ? '' : ` as it is used in ${region}`}.`,
    '# Script, digits, calendar and time zone are from Unicode CLDR by way of Intl: check them.',
    `# Replace every TODO, or take its line out where the language has no such thing, until "majlis locale lint" accepts`,
    '# the file. docs/locales.md says what each key does. List at least 40 names of either origin: a hash of each',
    '# decides whether judges know it or only the measurement does. Say here where the lists come from, and whether a',
    `# native speaker of ${tag} has checked them.`,
  ].join('\n');
}

function profileOf(facts: CldrFacts): object {
  const { language, tag } = facts;
  const home = facts.region ?? `where ${language} is spoken`;
  return {
    locale: tag,
    script: facts.script ?? 'TODO a Unicode script name such as Latin',
    ...(facts.otherScripts.length === 0 ? {} : { otherScripts: facts.otherScripts }),
    ...(facts.segmentation === undefined ? {} : { segmentation: facts.segmentation }),
    digits: facts.digits,
    registers: {
      [SCAFFOLDED_REGISTER]: {
        markers: [`TODO words that only polite ${language} has`],
        endings: [`TODO ends of sentences that only polite ${language} has`],
      },
      plain: {
        markers: [`TODO words that only plain ${language} has`],
        endings: [`TODO ends of sentences that only plain ${language} has`],
      },
    },
    prefixes: ['TODO what may stand before a name in the same word'],
    suffixes: ['TODO what may follow a name in the same word'],
    gazetteer: ORIGINS.flatMap((origin) =>
      KINDS.map(({ kind, what }) => ({
        text: `TODO ${what} that is ${origin === 'local' ? 'at home in' : 'foreign to'} ${home}, as ${language} writes it`,
        kind,
        origin,
      })),
    ),
    taboo: [`TODO insults and words that a friendly answer in ${language} avoids`],
    units: { currency: currencyToDo(facts), calendar: facts.calendar, timeZone: timeZoneOf(facts) },
    localCurrencyWords: [`TODO what money is called in ${home}`],
    foreignCurrencyWords: [`TODO what dollars and euros are called in ${language}`],
    stopWords: [`TODO the twenty commonest function words of ${language} in lower case`],
    evaluatorAddresses: [`TODO how an answer in ${language} would speak to its grader`],
  };
}
