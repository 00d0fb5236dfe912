const FIRST_SYLLABLE = 0xac00;
const LAST_SYLLABLE = 0xd7a3;
const FINALS = 28;
/** Index of the final ㄹ among a Hangul syllable's 28 finals (Unicode Standard, section 3.12). */
const FINAL_RIEUL = 8;

/**
 * The Korean particle that follows a word: `closed` after a final consonant, `open` after a vowel and after
 * anything that is no Hangul syllable. 으로 and its compounds are shortened after ㄹ as well.
 */
export function particleAfter(word: string, closed: string, open: string): string {
  const last = word.codePointAt(word.length - 1) ?? 0;
  if (last < FIRST_SYLLABLE || last > LAST_SYLLABLE) return open;
  const final = (last - FIRST_SYLLABLE) % FINALS;
  if (final === FINAL_RIEUL && closed.startsWith('으로')) return open;
  return final === 0 ? open : closed;
}
