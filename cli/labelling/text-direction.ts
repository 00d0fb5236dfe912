import type { Locale } from '../../core/domain/prompt.js';

/** ISO 15924 codes of the scripts in present use that run from right to left (Unicode Bidi_Class R and AL). */
const RIGHT_TO_LEFT = new Set([
  'Arab',
  'Hebr',
  'Syrc',
  'Thaa',
  'Nkoo',
  'Samr',
  'Mand',
  'Adlm',
  'Rohg',
  'Aran',
]);

/** HTML's `dir` for a locale, from the script it says it is in or most likely is (CLDR likely subtags). */
export function textDirection(locale: Locale): 'rtl' | 'ltr' {
  const { script } = new Intl.Locale(locale).maximize();
  return script !== undefined && RIGHT_TO_LEFT.has(script) ? 'rtl' : 'ltr';
}
