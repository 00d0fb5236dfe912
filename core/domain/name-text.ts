/** Arabic tatweel and short vowels: typography and vocalisation, never part of a name's spelling here. */
const UNWRITTEN = /[\u0640\u064B-\u0652\u0670]/gu;

/** The newest text and its normal form: several lists of names are looked for in one answer. */
let newest = { text: '', normalized: '' };

/** Text as names are matched in it: NFC, without tatweel and Arabic short vowels. */
export function normalizeText(text: string): string {
  if (text !== newest.text) newest = { text, normalized: text.normalize('NFC').replace(UNWRITTEN, '') };
  return newest.normalized;
}
