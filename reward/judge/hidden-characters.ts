/**
 * Characters that show nothing or reorder what is shown: Unicode's default-ignorable code points (zero-width ones,
 * Hangul fillers, tags, variation selectors), bidirectional controls, line and paragraph separators, interlinear
 * annotation, the blank Braille cell and C1 controls.
 */
const HIDDEN =
  /[\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u2028\u2029\uFFF9-\uFFFB\u2800\u007F-\u009F]/gu;

/**
 * Those of them that no ordinary text needs. Joiners and non-joiners, direction marks and variation selectors are
 * left out: Persian, mixed-direction lines and emoji are written with them.
 */
const NEEDLESS =
  /[\u00AD\u034F\u115F\u1160\u17B4\u17B5\u180E\u200B\u202A-\u202E\u2060-\u206F\uFEFF\u3164\uFFA0\uFFF0-\uFFFB\u2800\u{E0000}-\u{E0FFF}]/u;

/** A joiner inside a Latin, Hangul or Kana word, where it joins nothing. */
const JOINER_IN_WORD =
  /[\p{Script=Latin}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}][\u200C\u200D][\p{Script=Latin}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/u;

/** Zero-width spaces and byte order marks at the ends, which texts copied from web pages carry. */
const EDGES = /^[\u200B\uFEFF]+|[\u200B\uFEFF]+$/gu;

/** True when a text hides or reorders characters in a way that no ordinary writing does. */
export function hidesCharacters(text: string): boolean {
  const inner = text.replace(EDGES, '');
  return NEEDLESS.test(inner) || JOINER_IN_WORD.test(inner);
}

/** The text without its hidden characters, for rules that look at what a reader sees. */
export function withoutHidden(text: string): string {
  return text.replace(HIDDEN, '');
}

/**
 * A text as one line of JSON in which every hidden character stands as its `\u` escape: visible, without effect, and
 * nothing is lost, since parsing the JSON gives the text (in NFC) back.
 */
export function visibleJson(text: string): string {
  return JSON.stringify(text.normalize('NFC')).replace(HIDDEN, escaped);
}

function escaped(character: string): string {
  return Array.from({ length: character.length }, (_, at) => {
    return `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }).join('');
}
