import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readPairs } from '../../../../cli/labelling/read-pairs.js';
import { BadInputError } from '../../../../core/errors.js';
import { goldPairs } from '../../../../reward/preference/gold-pairs.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const folder = useTemporaryFolder();
const reading = { rubric: 'ar-msa', locale: 'ar-EG' };

async function read(...lines: object[]): ReturnType<typeof readPairs> {
  const path = join(folder(), 'pairs.jsonl');
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return readPairs(path, reading);
}

const open = { prompt: 'سؤال', first: 'نعم', second: 'لا' };
const gold = { id: 'g', rubric: 'ar-msa', prompt: 'سؤال', better: 'نعم', worse: 'لا', why: 'because' };

describe('readPairs', () => {
  it("gives a pair the rubric's locale unless its line names one", async () => {
    const [one, two] = await read({ ...open, id: 'a' }, { ...open, id: 'b', locale: 'ko' });
    expect(one).toEqual({
      id: 'a',
      prompt: { id: 'a', locale: 'ar-EG', text: 'سؤال' },
      first: 'نعم',
      second: 'لا',
    });
    expect(two.prompt.locale).toBe('ko');
  });

  it('names a pair without an id by its content, so that a new order of lines changes nothing', async () => {
    const other = { ...open, prompt: 'سؤال آخر' };
    const [a, b] = await read(open, other);
    const [b2, a2] = await read(other, open);
    expect([a2.id, b2.id]).toEqual([a.id, b.id]);
    expect(a.id).toMatch(/^[0-9a-f]{16}$/);
  });

  it('orders the answers of a gold pair as judges see them', async () => {
    const lines = Array.from({ length: 12 }, (_, at) => ({ ...gold, id: `g${at}` }));
    const found = await read(...lines);
    expect(found).toEqual(goldPairs(lines, 'ar-EG').pairs);
    expect(new Set(found.map(({ first }) => first))).toEqual(new Set(['نعم', 'لا']));
  });

  it('leaves out gold pairs of other rubrics', async () => {
    const found = await read(gold, { ...gold, id: 'h', rubric: 'ar-egyptian' });
    expect(found.map(({ id }) => id)).toEqual(['g']);
  });

  it.each([
    ['neither form', { prompt: 'p', first: 'a' }, /line 1.*first and second, or with better and worse/],
    ['both forms', { ...open, id: 'x', better: 'a', worse: 'b' }, /line 1.*first and second, or with better/],
    ['a gold pair without an id', { prompt: 'p', better: 'a', worse: 'b' }, /line 1.*an id/],
    ['two equal answers', { ...open, second: 'نعم' }, /line 1.*two different answers/],
    ['an unknown key', { ...open, best: 'a' }, /line 1: found unknown key "best"/],
    ['an empty prompt', { ...open, prompt: ' ' }, /line 1, prompt/],
    [
      'a tag that is none',
      { ...open, locale: 'ar_EG!' },
      /line 1, locale: found "ar_EG!"; allowed: a BCP-47/,
    ],
    [
      'another rubric only',
      { ...gold, rubric: 'ko' },
      /found pairs of "ko" only; allowed: at least one pair of "ar-msa"/,
    ],
  ])('refuses %s', async (_, line, sentence) => {
    const failure = await read(line).catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(BadInputError);
    expect(String(failure)).toMatch(sentence);
  });

  it('refuses an id that comes twice', async () => {
    await expect(read({ ...open, id: 'a' }, { ...open, id: 'a' })).rejects.toThrow('"a" again, after line 1');
  });
});
