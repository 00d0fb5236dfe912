/**
 * The code points of texts as n-grams are made of: of the NFC, between blanks, each run of white space as one. Invariant: a text
 * that is read without its normal form being made has that normal form.
 */

const BLANK = 0x20;

/** Is itself in NFC, whatever stands around it. */
const LETTER = 0;
const WHITE_SPACE = 1;
/** Tanween, short vowels, shadda and sukun: in NFC unless two stand together, whose order it then decides. */
const VOWEL_SIGN = 2;
/** May be another in NFC, by itself or with its neighbours, or is half of a code point. */
const OTHER = 4;
const UNREAD = 8;

/** What each code unit is, once a text had it. */
const KINDS = new Uint8Array(1 << 16).fill(UNREAD);

/** Writes the code points of a text; how many there are. There has to be room for its normal form and two blanks. */
export function readPoints(text: string, into: Int32Array): number {
  into[0] = BLANK;
  let length = 1;
  let before = WHITE_SPACE;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    let kind = KINDS[unit];
    if (kind > WHITE_SPACE) {
      if (kind === UNREAD) kind = readKind(unit);
      if (kind === OTHER || (kind === VOWEL_SIGN && before === VOWEL_SIGN)) {
        return readNormalized(text.normalize('NFC'), into);
      }
    }
    into[length] = kind === WHITE_SPACE ? BLANK : unit;
    // White space after white space is written over.
    length += 1 - (kind & before & WHITE_SPACE);
    before = kind;
  }
  return endWithBlank(length, before, into);
}

function readNormalized(text: string, into: Int32Array): number {
  let length = 1;
  let before = WHITE_SPACE;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    const kind = KINDS[unit] === UNREAD ? readKind(unit) : KINDS[unit];
    const isPair = (unit & 0xfc00) === 0xd800 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
    const point = isPair ? (text.codePointAt(at++) ?? unit) : unit;
    into[length] = kind === WHITE_SPACE ? BLANK : point;
    length += 1 - (kind & before & WHITE_SPACE);
    before = kind;
  }
  return endWithBlank(length, before, into);
}

/** White space at the end has given its blank; a text of nothing else lies between two. */
function endWithBlank(length: number, last: number, into: Int32Array): number {
  if (last === WHITE_SPACE && length > 1) return length;
  into[length] = BLANK;
  return length + 1;
}

function readKind(unit: number): number {
  const kind = kindOf(unit);
  KINDS[unit] = kind;
  return kind;
}

/** Marks and the jamo of Hangul are all in the Basic Multilingual Plane that join what stands before them (UAX 15). */
function kindOf(unit: number): number {
  const letter = String.fromCharCode(unit);
  if (/\s/u.test(letter)) return WHITE_SPACE;
  if (unit >= 0x064b && unit <= 0x0652) return VOWEL_SIGN;
  const isJamo = unit >= 0x1100 && unit <= 0x11ff;
  return isJamo || /[\p{M}\p{Cs}]/u.test(letter) || letter.normalize('NFC') !== letter ? OTHER : LETTER;
}
