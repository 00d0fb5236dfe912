import { loadCanaries, tokenizeCanaries } from '../../../../cli/pipeline/canaries.js';
import { SPECIAL_TOKENS } from '../../../../core/network/tokenizer/chat-template.js';
import { trainTokenizer } from '../../../../core/network/tokenizer/train-tokenizer.js';

describe('the canaries of a locale', () => {
  it('are those of every locale, and its own', async () => {
    const everywhere = await loadCanaries('und');
    const arabic = await loadCanaries('ar-EG');
    expect(everywhere).toEqual(expect.arrayContaining(['', ':', 'Solution', 'Thought process:', '解']));
    expect(arabic).toEqual(expect.arrayContaining([...everywhere, 'الحل:']));
    expect(arabic).not.toContain('풀이:');
    expect(await loadCanaries('ko')).toContain('풀이:');
    expect(await loadCanaries('ja-JP')).toContain('解答:');
    expect(await loadCanaries('sw')).toEqual(everywhere);
  });

  it('are no two the same', async () => {
    for (const locale of ['ar', 'ko', 'ja']) {
      const canaries = await loadCanaries(locale);
      expect(new Set(canaries).size).toBe(canaries.length);
    }
  });
});

it('makes answers of them that end as the policy would end them, and are no longer than its own', () => {
  const tokenizer = trainTokenizer(['ab'], { vocabSize: 300, specialTokens: SPECIAL_TOKENS });
  const end = tokenizer.specialTokenId(SPECIAL_TOKENS[0]);
  const [empty, short, long] = tokenizeCanaries(['', ':', 'xyzw'], tokenizer, 3);
  expect(empty).toEqual({ text: '', tokenIds: [end] });
  expect(short).toEqual({ text: ':', tokenIds: [...tokenizer.encode(':'), end] });
  expect(long).toEqual({ text: 'xyz', tokenIds: tokenizer.encode('xyzw').slice(0, 3) });
});
