/**
 * Where in words a name may begin: with the word, or after the clitics that a locale writes onto it, at most two.
 */
import { normalizeText } from './name-text.js';
import type { WordSpan } from './words.js';

/** A place at which a name may begin. */
export interface NameStart {
  /** In UTF-16 units of the text. */
  readonly at: number;
  /** What stands before it in its word; empty where the word begins there. */
  readonly prefix: string;
}

/** The clitics of a locale and their pairs. */
interface Prefixes {
  readonly all: ReadonlySet<string>;
  readonly longest: number;
  /** 1 for every UTF-16 unit that some prefix ends in: most beginnings of words are no prefix by that alone. */
  readonly ends: Uint8Array;
}

const UNITS = 0x10000;
const MOST_PREFIXES = 2;

const prefixesOf = new WeakMap<readonly string[], Prefixes>();

/** The newest words and their starts: several lists of names are looked for in one answer, after the same clitics. */
let newest: {
  readonly words: readonly WordSpan[];
  readonly clitics: readonly string[];
  readonly starts: readonly (readonly NameStart[])[];
} = { words: [], clitics: [], starts: [] };

/** Of each word the places where a name may begin, in order; a name takes at least one unit of its word. [word][start] */
export function nameStarts(
  words: readonly WordSpan[],
  clitics: readonly string[],
): readonly (readonly NameStart[])[] {
  if (newest.words !== words || newest.clitics !== clitics) {
    const prefixes = preparePrefixes(clitics);
    newest = { words, clitics, starts: words.map((word) => startsIn(word, prefixes)) };
  }
  return newest.starts;
}

function startsIn({ text, start }: WordSpan, { all, longest, ends }: Prefixes): NameStart[] {
  const starts: NameStart[] = [{ at: start, prefix: '' }];
  const most = Math.min(longest, text.length - 1);
  for (let length = 1; length <= most; length += 1) {
    if (ends[text.charCodeAt(length - 1)] === 0) continue;
    const prefix = text.slice(0, length);
    if (all.has(prefix)) starts.push({ at: start + length, prefix });
  }
  return starts;
}

function preparePrefixes(clitics: readonly string[]): Prefixes {
  const known = prefixesOf.get(clitics);
  if (known !== undefined) return known;
  const all = chains(clitics.map(normalizeText), MOST_PREFIXES);
  const ends = new Uint8Array(UNITS);
  for (const prefix of all) ends[prefix.charCodeAt(prefix.length - 1)] = 1;
  const longest = Math.max(0, ...[...all].map((prefix) => prefix.length));
  const prefixes = { all, longest, ends };
  prefixesOf.set(clitics, prefixes);
  return prefixes;
}

/** All strings of one to `most` parts. */
function chains(parts: readonly string[], most: number): Set<string> {
  let level = [''];
  const all = new Set<string>();
  for (let length = 1; length <= most; length += 1) {
    level = level.flatMap((chain) => parts.map((part) => chain + part));
    for (const chain of level) all.add(chain);
  }
  return all;
}
