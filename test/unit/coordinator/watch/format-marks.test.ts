import { formatMarks } from '../../../../coordinator/watch/format-marks.js';

/** Pads to 100 characters without a repeated stretch: marks then are marks per answer. */
function ofHundred(text: string): string {
  const filling = Array.from({ length: 100 }, (_, at) => String.fromCodePoint(0x4e00 + at)).join('');
  return text + filling.slice(0, 100 - [...text].length);
}

describe('the marks of format in an answer', () => {
  it.each([
    ['plain text in any script', 'The tea is hot. الشاي ساخن', 0],
    ['a list', '- one\n* two\n1. three\n٢) أربعة\n・五\n', 5],
    ['headings', '# One\n### Two\n', 2],
    ['bold stretches', '**one** and __two__', 2],
    ['emoji', '좋아요 😀👍', 2],
    ['exclamation marks', 'Yes! はい！ ¡Sí!', 4],
    [
      'a stretch of sixteen characters that was there before: nine ends of eight',
      'abcdefghijklmnopabcdefghijklmnop',
      9 / 8,
    ],
  ])('counts %s', (_what, text, marks) => {
    expect(formatMarks(ofHundred(text))).toBeCloseTo(marks, 12);
  });

  it('is a rate: the same marks in twice the text are half as many', () => {
    expect(formatMarks('Yes!')).toBe(25);
    expect(formatMarks('Yes! No.')).toBe(12.5);
  });

  it('is 0 for an empty answer', () => {
    expect(formatMarks('')).toBe(0);
  });
});
