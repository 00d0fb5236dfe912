import { createRng } from '../../../../core/math/rng.js';
import { decodeUtf8 } from '../../../../core/runtime/decode-utf8.js';

const TEXTS = [
  '',
  'plain',
  'café',
  'سؤال: أين أسافر؟ ',
  '한국어 😀',
  '\ufeffmark',
  '\u0000\u007f\u0080\u07ff\u0800\uffff',
];

describe('decodeUtf8', () => {
  it.each(TEXTS)('reads %j', (text) => {
    expect(decodeUtf8(Buffer.from(text))).toBe(text);
    expect(decodeUtf8(Buffer.from(`xx${text.repeat(40)}`).subarray(2))).toBe(text.repeat(40));
  });

  it('reads what is no UTF-8 as TextDecoder does', () => {
    const rng = createRng(3);
    for (let round = 0; round < 300; round += 1) {
      const bytes = Buffer.from(TEXTS[rng.integer(TEXTS.length)].repeat(3));
      for (let left = rng.integer(4); left > 0 && bytes.length > 0; left -= 1) {
        bytes[rng.integer(bytes.length)] = rng.integer(256);
      }
      expect(decodeUtf8(bytes)).toBe(new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes));
    }
  });
});
