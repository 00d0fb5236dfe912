import type { Locale } from './prompt.js';

export type EntityKind = 'person' | 'place' | 'food' | 'holiday' | 'organisation' | 'currency';

/** Whether a name belongs to the locale's own culture. */
export type EntityOrigin = 'local' | 'foreign';

/**
 * Gazetteers are cut in two by a hash of the name. Judges and reward models know the seen half; a rise of the
 * unseen half is therefore learnt behaviour, not a list learnt by heart.
 */
export type EntityHalf = 'seen' | 'unseen';

/** A name that the locale's gazetteer knows. */
export interface GazetteerEntry {
  readonly text: string;
  readonly kind: EntityKind;
  readonly origin: EntityOrigin;
  readonly half: EntityHalf;
}

/** What gives a register away in writing. */
export interface RegisterFeatures {
  /** Whole words. */
  readonly markers: readonly string[];
  /** Ends of a sentence's last word. */
  readonly endings: readonly string[];
}

/** The script of a profile that has none of its own: an answer is then held to the scripts of its question. */
export const PROMPT_SCRIPT = 'prompt';

/** What Majlis knows about writing in a locale; all texts are in Unicode NFC. */
export interface LocaleProfile {
  readonly locale: Locale;
  /** Unicode script name, for example `Arabic` or `Hangul`, or `PROMPT_SCRIPT`. */
  readonly script: string;
  /** Scripts that the language is written in beside that one, as Katakana and Han beside Hiragana. */
  readonly otherScripts?: readonly string[];
  /** How words are told apart: by spaces and punctuation unless told, or by the word list of ICU. */
  readonly segmentation?: 'dictionary';
  /** Numbering systems of Unicode CLDR whose digits are at home, for example `arab` and `latn`. */
  readonly digits?: readonly string[];
  readonly registers: Readonly<Record<string, RegisterFeatures>>;
  /** Clitics that may stand before an entity in the same word. */
  readonly prefixes: readonly string[];
  /** Particles that may follow an entity in the same word. */
  readonly suffixes: readonly string[];
  readonly gazetteer: readonly GazetteerEntry[];
  /** Words that a respectful answer does not use. */
  readonly taboo: readonly string[];
  readonly units: {
    /** ISO 4217. */
    readonly currency: string;
    /** A calendar that `Intl.DateTimeFormat` knows. */
    readonly calendar: string;
    /** IANA time zone. */
    readonly timeZone: string;
  };
  readonly localCurrencyWords: readonly string[];
  readonly foreignCurrencyWords: readonly string[];
  /** Function words in lower case, which running text of the language is full of and other languages lack. */
  readonly stopWords?: readonly string[];
  /** Phrases by which an answer speaks to whoever grades it. */
  readonly evaluatorAddresses?: readonly string[];
}

/** Whether a tag is a locale or lies under it, as `ar-EG` under `ar`. Case does not count (RFC 5646 §2.1.1). */
export function isWithin(tag: Locale, wider: Locale): boolean {
  return `${tag.toLowerCase()}-`.startsWith(`${wider.toLowerCase()}-`);
}

/**
 * The one of some locales that serves a tag, by BCP-47 lookup (RFC 4647 §3.4): `ar-EG` is served by `ar` where it is none
 * of them itself. Undefined where no subtag is left that is one.
 */
export function servingLocale(tag: Locale, known: readonly Locale[]): Locale | undefined {
  const wider = known.filter((candidate) => isWithin(tag, candidate));
  return wider.reduce<Locale | undefined>(
    (nearest, candidate) =>
      nearest === undefined || candidate.length > nearest.length ? candidate : nearest,
    undefined,
  );
}

/** The profile that serves a locale; undefined where none does. */
export function profileFor(locale: Locale, profiles: readonly LocaleProfile[]): LocaleProfile | undefined {
  const serving = servingLocale(
    locale,
    profiles.map((profile) => profile.locale),
  );
  return profiles.find((profile) => profile.locale === serving);
}
