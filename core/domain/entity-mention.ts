/**
 * Finding a locale's names in running text. Invariants: mentions come in order of position and never overlap; at
 * one position the longest name wins; a name counts only when the rest of its word is clitics that the profile
 * lists (at most two before, three after), so that a name inside another word is no mention. Where words are told apart
 * by a word list, a name may be several of its words, and has to begin and end where they do.
 */
import type { GazetteerEntry, LocaleProfile } from './locale.js';
import { nameStarts, type NameStart } from './name-starts.js';
import { normalizeText } from './name-text.js';
import { wordSpans } from './words.js';

/** A gazetteer entry in a text. Offsets are UTF-16 units of `normalizeText(text)`. */
export interface EntityMention {
  readonly entry: GazetteerEntry;
  readonly start: number;
  /** One past the name's last unit, clitics left out. */
  readonly end: number;
}

const MOST_SUFFIXES = 3;
/** A power of two. */
const BEGINNINGS = 1 << 14;
const WORD_REST = /[\p{L}\p{M}\p{N}]*/uy;
const ARTICLE = 'ال';
const ARTICLE_AFTER_LI = 'لل';

/** The entities that a text mentions, in order of position. */
export function findEntities(text: string, profile: LocaleProfile): EntityMention[] {
  const normalized = normalizeText(text);
  const words = wordSpans(normalized, profile);
  const place: Place = {
    text: normalized,
    index: indexOf(profile),
    ends:
      profile.segmentation === undefined
        ? new Set()
        : new Set(words.map((word) => word.start + word.text.length)),
  };
  const starts = nameStarts(words, profile.prefixes);
  const mentions: EntityMention[] = [];
  let past = 0;
  for (let at = 0; at < words.length; at += 1) {
    if (words[at].start < past) continue;
    const mention = longestAt(place, starts[at]);
    if (mention === undefined) continue;
    mentions.push(mention);
    past = mention.end;
  }
  return mentions;
}

/** A spelling of an entry and the prefixes that it may stand after. */
interface Form {
  readonly body: string;
  readonly entry: GazetteerEntry;
  readonly allows: (prefix: string) => boolean;
}

interface EntityIndex {
  readonly suffixes: readonly string[];
  /** 1 at the hash of every two units that a form of so many begins with: most places begin none by that alone. */
  readonly beginnings: Uint8Array;
  /** Forms of two UTF-16 units or more by the first two, longest body first. */
  readonly forms: ReadonlyMap<number, readonly Form[]>;
  /** Forms of one unit, by it. */
  readonly letters: ReadonlyMap<number, readonly Form[]>;
}

const indices = new WeakMap<LocaleProfile, EntityIndex>();

function indexOf(profile: LocaleProfile): EntityIndex {
  const known = indices.get(profile);
  if (known !== undefined) return known;
  const forms = profile.gazetteer.flatMap(formsOf);
  const long = forms.filter(({ body }) => body.length > 1);
  const beginnings = new Uint8Array(BEGINNINGS);
  for (const { body } of long) beginnings[hashOf(twoUnits(body, 0))] = 1;
  const index: EntityIndex = {
    suffixes: profile.suffixes.map(normalizeText),
    beginnings,
    forms: groupBy(long, (body) => twoUnits(body, 0)),
    letters: groupBy(
      forms.filter(({ body }) => body.length === 1),
      (body) => body.charCodeAt(0),
    ),
  };
  indices.set(profile, index);
  return index;
}

/** Where names are looked for. */
interface Place {
  readonly text: string;
  readonly index: EntityIndex;
  /** Ends of words that a name may end at whatever follows; empty where words are runs, since there nothing follows. */
  readonly ends: ReadonlySet<number>;
}

/** The article of a name is written لل after the preposition ل: القاهرة becomes للقاهرة. */
function formsOf(entry: GazetteerEntry): Form[] {
  const body = normalizeText(entry.text);
  const written: Form = { body, entry, allows: () => true };
  if (!body.startsWith(ARTICLE)) return [written];
  const contracted: Form = {
    body: body.slice(ARTICLE.length),
    entry,
    allows: (prefix) => prefix.endsWith(ARTICLE_AFTER_LI),
  };
  return [written, contracted];
}

function groupBy(forms: readonly Form[], beginning: (body: string) => number): Map<number, Form[]> {
  const groups = new Map<number, Form[]>();
  for (const form of [...forms].sort((a, b) => b.body.length - a.body.length)) {
    const key = beginning(form.body);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [form]);
    else group.push(form);
  }
  return groups;
}

/** The two UTF-16 units from there as one whole number: thousands of names share a first letter, few the second too. */
function twoUnits(text: string, at: number): number {
  return (text.charCodeAt(at) << 16) | text.charCodeAt(at + 1);
}

function hashOf(units: number): number {
  return (units ^ (units >>> 11)) & (BEGINNINGS - 1);
}

function longestAt(place: Place, starts: readonly NameStart[]): EntityMention | undefined {
  const { index } = place;
  let best: EntityMention | undefined;
  for (const { at, prefix } of starts) {
    const units = twoUnits(place.text, at);
    const long = index.beginnings[hashOf(units)] === 0 ? undefined : index.forms.get(units);
    const short = index.letters.size === 0 ? undefined : index.letters.get(place.text.charCodeAt(at));
    if (long === undefined && short === undefined) continue;
    const fits = (form: Form): boolean => form.allows(prefix) && matchesAt(place, at, form);
    const form = long?.find(fits) ?? short?.find(fits);
    if (form === undefined || (best !== undefined && form.body.length <= best.end - best.start)) continue;
    best = { entry: form.entry, start: at, end: at + form.body.length };
  }
  return best;
}

function matchesAt({ text, index, ends }: Place, at: number, form: Form): boolean {
  if (!text.startsWith(form.body, at)) return false;
  const end = at + form.body.length;
  if (ends.has(end)) return true;
  WORD_REST.lastIndex = end;
  const rest = WORD_REST.exec(text)?.[0] ?? '';
  return isSuffixChain(rest, index.suffixes, MOST_SUFFIXES);
}

function isSuffixChain(rest: string, suffixes: readonly string[], most: number): boolean {
  if (rest === '') return true;
  if (most === 0) return false;
  return suffixes.some(
    (suffix) => rest.startsWith(suffix) && isSuffixChain(rest.slice(suffix.length), suffixes, most - 1),
  );
}
