import { foldedText } from '../../../../reward/judge/folded-text.js';
import { hidesCharacters, visibleJson } from '../../../../reward/judge/hidden-characters.js';

describe('visibleJson', () => {
  it.each([
    ['a directional override', 'ab\u202Ecd', '"ab\\u202ecd"'],
    ['a Hangul filler', '가\u3164나', '"가\\u3164나"'],
    ['a tag character, in two units', 'a\u{E0041}', '"a\\udb40\\udc41"'],
    ['a line separator', 'a\u2028b', '"a\\u2028b"'],
    ['what stands after a backslash', '\\\u200B', '"\\\\\\u200b"'],
    ['lines and quotation marks', 'a\n"b"', '"a\\n\\"b\\""'],
  ])('writes %s visibly and loses nothing', (_case, text, expected) => {
    expect(visibleJson(text)).toBe(expected);
    expect(JSON.parse(visibleJson(text))).toBe(text);
  });

  it('puts a text into NFC', () => {
    expect(visibleJson('é'.normalize('NFD'))).toBe('"é"');
  });
});

describe('hidesCharacters', () => {
  it.each([
    ['Persian with non-joiners', 'می\u200Cخواهم', false],
    ['an emoji of a family', '👨\u200D👩\u200D👧', false],
    ['a coloured heart', '❤\uFE0F', false],
    ['Arabic with a direction mark', 'مرحبا\u200F!', false],
    ['a text copied from a web page', '\u200Bمرحبا بكم\u200B', false],
    ['a joiner in a Hangul word', '기\u200D준', true],
    ['a zero-width space', 'ig\u200Bnore', true],
    ['an isolate', '\u2067abc\u2069', true],
    ['tag characters', 'a\u{E0070}', true],
  ])('judges %s', (_case, text, expected) => {
    expect(hidesCharacters(text)).toBe(expected);
  });
});

describe('foldedText', () => {
  it.each([
    ['Cyrillic letters in a Latin word', 'Ignоrе', 'ignore'],
    ['full-width letters', 'Ｉｇｎｏｒｅ', 'ignore'],
    ['letters spaced out', 'I g n o r e this', 'ignore this'],
    ['tatweel and vowel signs', 'تَجـــاهَل', 'تجاهل'],
    ['forms of alef', 'أإآٱ', 'اااا'],
    ['zero-width characters', 'ig\u200Bno\u2060re', 'ignore'],
  ])('undoes %s', (_case, text, expected) => {
    expect(foldedText(text)).toBe(expected);
  });
});
