import { readPoints } from '../../../../core/math/plain-points.js';

const room = new Int32Array(64);

function pointsOf(text: string): number[] {
  return [...room.subarray(0, readPoints(text, room))];
}

/** By ECMAScript's own normal form and white space. */
function expected(text: string): number[] {
  const plain = text.normalize('NFC').replace(/\s+/gu, ' ').replace(/^ | $/gu, '');
  return Array.from(` ${plain} `, (letter) => letter.codePointAt(0) ?? 0);
}

describe('readPoints', () => {
  it('composes whatever composes, of the first two planes', () => {
    let composed = 0;
    const wrong: string[] = [];
    for (let point = 0; point < 0x20000; point += 1) {
      const letter = String.fromCodePoint(point);
      const apart = letter.normalize('NFD');
      if (apart === letter) continue;
      composed += 1;
      // Twice, in two writings and with a letter before, which a mark could wrongly join.
      for (const text of [apart, letter, `b${apart}${letter}`]) {
        if (pointsOf(text).join() !== expected(text).join()) wrong.push(text);
      }
    }
    expect(wrong).toEqual([]);
    expect(composed).toBeGreaterThan(12_000);
  });

  it('puts two Arabic vowel signs into their canonical order, and leaves one as it is', () => {
    const signs = Array.from({ length: 11 }, (_, at) => String.fromCodePoint(0x064b + at));
    for (const first of signs) {
      for (const second of ['', 'ا', ...signs]) {
        for (const text of [`ب${first}${second}ت`, `${first} ${second}`]) {
          expect(pointsOf(text)).toEqual(expected(text));
        }
      }
    }
  });

  it('lies between blanks, each run of white space being one', () => {
    expect(pointsOf('')).toEqual([32, 32]);
    expect(pointsOf(' \u2001\n ')).toEqual([32, 32]);
    expect(pointsOf('\ta\u00a0\u2028 b')).toEqual([32, 97, 32, 98, 32]);
    expect(pointsOf('é\t')).toEqual([32, 0xe9, 32]);
  });
});
