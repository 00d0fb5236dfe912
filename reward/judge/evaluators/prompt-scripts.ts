/** Scripts in common use today: Unicode UAX #31, table 5, "Recommended Scripts", without Common and Inherited. */
const RECOMMENDED = [
  ...['Arabic', 'Armenian', 'Bengali', 'Bopomofo', 'Cyrillic', 'Devanagari', 'Ethiopic', 'Georgian', 'Greek'],
  ...[
    'Gujarati',
    'Gurmukhi',
    'Hangul',
    'Han',
    'Hebrew',
    'Hiragana',
    'Kannada',
    'Katakana',
    'Khmer',
    'Lao',
    'Latin',
  ],
  ...['Malayalam', 'Myanmar', 'Oriya', 'Sinhala', 'Tamil', 'Telugu', 'Thaana', 'Thai', 'Tibetan'],
] as const;
const JAPANESE: readonly string[] = ['Hiragana', 'Katakana', 'Han'];
/** A script below this share of a question's letters is a name or a term in it, not what it is written in. */
const LEAST_SHARE = 0.25;

const patterns = RECOMMENDED.map((script) => ({
  script,
  letters: new RegExp(`\\p{Script=${script}}`, 'gu'),
}));

/** The Unicode scripts that a text is written in; none where it has no letters. Japanese is written in three. */
export function scriptsOf(text: string): string[] {
  const letters = (text.match(/\p{L}/gu) ?? []).join('');
  const length = [...letters].length;
  const scripts: string[] = patterns.flatMap(({ script, letters: inScript }) => {
    const count = letters.match(inScript)?.length ?? 0;
    return count > 0 && count >= LEAST_SHARE * length ? [script] : [];
  });
  const kana = scripts.includes('Hiragana') || scripts.includes('Katakana');
  return kana ? [...new Set([...scripts, ...JAPANESE])] : scripts;
}
