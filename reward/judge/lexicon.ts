import { findEntities } from '../../core/domain/entity-mention.js';
import type { EntityOrigin, GazetteerEntry, LocaleProfile } from '../../core/domain/locale.js';

/** Words to look for, with the locale's clitics around them. */
export interface LexiconWords {
  readonly local?: readonly string[];
  readonly foreign?: readonly string[];
}

/** Counts a text's words of either origin. */
export type Lexicon = (text: string) => Readonly<Record<EntityOrigin, number>>;

const DIGIT = /\p{N}/u;
const DIGIT_BEFORE_LETTER = /(\p{N})(?=\p{L})/gu;

/** A counter of listed words, found as names are found: whole words with the profile's prefixes and suffixes. */
export function createLexicon(words: LexiconWords, profile: LocaleProfile): Lexicon {
  const local = new Set(words.local ?? []);
  const foreign = (words.foreign ?? []).filter((word) => !local.has(word));
  const gazetteer = [...toEntries([...local], 'local'), ...toEntries(foreign, 'foreign')];
  const lexiconProfile = { ...profile, gazetteer };
  return (text) => {
    const counts = { local: 0, foreign: 0 };
    // A number is written onto its unit in Korean (5000원): the unit still begins a word.
    const spaced = DIGIT.test(text) ? text.replace(DIGIT_BEFORE_LETTER, '$1 ') : text;
    for (const mention of findEntities(spaced, lexiconProfile)) {
      counts[mention.entry.origin] += 1;
    }
    return counts;
  };
}

function toEntries(words: readonly string[], origin: EntityOrigin): GazetteerEntry[] {
  return words.map((text) => ({ text, kind: 'organisation', origin, half: 'seen' }));
}
