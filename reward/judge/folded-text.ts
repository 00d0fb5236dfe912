import { withoutHidden } from './hidden-characters.js';

/** Cyrillic and Greek letters that pass for Latin ones. */
const LOOKALIKES: ReadonlyMap<string, string> = new Map(
  Object.entries({
    а: 'a',
    е: 'e',
    о: 'o',
    р: 'p',
    с: 'c',
    у: 'y',
    х: 'x',
    і: 'i',
    ј: 'j',
    ѕ: 's',
    к: 'k',
    т: 't',
    н: 'h',
    в: 'b',
    м: 'm',
    ο: 'o',
    α: 'a',
    ε: 'e',
    ι: 'i',
    ρ: 'p',
    υ: 'u',
  }),
);
const LOOKALIKE = new RegExp(`[${[...LOOKALIKES.keys()].join('')}]`, 'gu');
/** Vowel signs, the superscript alef and tatweel: ornament to a reader, camouflage to a pattern. */
const ARABIC_ORNAMENT = /[\u064B-\u065F\u0670\u0640]/gu;
/** Four or more single letters with single spaces between them. */
const SPACED_OUT = /(?<![\p{L}\p{M}])\p{L}(?:[ ._*-]\p{L}){3,}(?![\p{L}\p{M}])/gu;

/** What every such row of letters holds, and hardly any ordinary text: it is much faster to look for. */
const SINGLE_LETTER = /[ ._*-]\p{L}[ ._*-]\p{L}[ ._*-]/u;

/** The newest text and its folding: two rules ask for that of one answer. */
let newest = { text: '', folded: '' };

/**
 * A text as rules against attacks match it: NFKC, lower case, nothing hidden, look-alike letters as Latin ones, Arabic
 * without vowel signs and tatweel and with one alef, and s p a c e d letters closed up. Not for any other use: it
 * makes different words equal.
 */
export function foldedText(text: string): string {
  if (text !== newest.text) newest = { text, folded: fold(text) };
  return newest.folded;
}

function fold(text: string): string {
  const plain = withoutHidden(text.normalize('NFKC'))
    .toLowerCase()
    .replace(LOOKALIKE, (letter) => LOOKALIKES.get(letter) ?? letter)
    .replace(ARABIC_ORNAMENT, '')
    .replace(/[أإآٱ]/gu, 'ا')
    .replace(/ى/gu, 'ي');
  const closedUp = SINGLE_LETTER.test(plain)
    ? plain.replace(SPACED_OUT, (word) => word.replace(/[ ._*-]/gu, ''))
    : plain;
  return closedUp.replace(/\s+/gu, ' ');
}
