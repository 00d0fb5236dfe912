import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCanaries, tokenizeCanaries } from '../../../../cli/pipeline/canaries.js';
import { SPECIAL_TOKENS } from '../../../../core/network/tokenizer/chat-template.js';
import { packageRoot } from '../../../../core/runtime/package-root.js';
import { trainTokenizer } from '../../../../core/network/tokenizer/train-tokenizer.js';
import { EmbeddedChatTokenizer } from '../../../../core/tokens/embedded-chat-tokenizer.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const RUN_FILE = join(packageRoot, 'examples', 'arabic', 'run.yaml');

describe('the canaries of a locale', () => {
  const folder = useTemporaryFolder();

  it('are those of every locale, and its own', async () => {
    const everywhere = await loadCanaries('und', RUN_FILE);
    const arabic = await loadCanaries('ar-EG', RUN_FILE);
    expect(everywhere).toEqual(expect.arrayContaining(['', ':', 'Solution', 'Thought process:', '解']));
    expect(arabic).toEqual(expect.arrayContaining([...everywhere, 'الحل:']));
    expect(arabic).not.toContain('풀이:');
    expect(await loadCanaries('ko', RUN_FILE)).toContain('풀이:');
    expect(await loadCanaries('ja-JP', RUN_FILE)).toContain('解答:');
    expect(await loadCanaries('sw', RUN_FILE)).toEqual(everywhere);
  });

  it("are a person's own too, from a folder beside their locales", async () => {
    const own = join(folder(), 'canaries');
    for (const name of ['locales', 'canaries']) mkdirSync(join(folder(), name));
    writeFileSync(join(own, 'sw.yaml'), "locale: sw\ncanaries: ['Jibu:', ':']\n");
    const everywhere = await loadCanaries('und', RUN_FILE);
    const runFile = join(folder(), 'run.yaml');
    expect(await loadCanaries('sw', runFile)).toEqual([...everywhere, 'Jibu:']);
    expect(await loadCanaries('ko', runFile)).not.toContain('Jibu:');

    writeFileSync(join(own, 'sw.yaml'), 'locale: sw\ncanaries: []\n');
    await expect(loadCanaries('sw', runFile)).rejects.toThrow(
      `${join(own, 'sw.yaml')} at canaries: found []`,
    );
  });

  it('are no two the same', async () => {
    for (const locale of ['ar', 'ko', 'ja']) {
      const canaries = await loadCanaries(locale, RUN_FILE);
      expect(new Set(canaries).size).toBe(canaries.length);
    }
  });
});

it('makes answers of them that end as the policy would end them, and are no longer than its own', () => {
  const tokenizer = trainTokenizer(['ab'], { vocabSize: 300, specialTokens: SPECIAL_TOKENS });
  const end = tokenizer.specialTokenId(SPECIAL_TOKENS[0]);
  const [empty, short, long] = tokenizeCanaries(['', ':', 'xyzw'], new EmbeddedChatTokenizer(tokenizer), 3);
  expect(empty).toEqual({ text: '', tokenIds: [end] });
  expect(short).toEqual({ text: ':', tokenIds: [...tokenizer.encode(':'), end] });
  expect(long).toEqual({ text: 'xyz', tokenIds: tokenizer.encode('xyzw').slice(0, 3) });
});
