import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPrompts } from '../../../../cli/pipeline/read-prompts.js';

const FIXTURES = join(__dirname, '..', '..', '..', 'fixtures', 'parquet');
const folder = mkdtempSync(join(tmpdir(), 'run-inputs-'));

function written(name: string, lines: readonly object[]): string {
  const path = join(folder, name);
  writeFileSync(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

describe('readPrompts', () => {
  it('keeps the region that a line names, and gives the run’s locale to the others', async () => {
    const path = written('prompts.jsonl', [
      { id: 'a', text: 'سؤال', locale: 'ar-EG', category: 'food' },
      { id: 'b', text: 'سؤال آخر' },
      { id: 'c', text: 'سؤال ثالث', locale: 'AR' },
    ]);
    expect((await readPrompts(path, ['ar'])).map(({ locale }) => locale)).toEqual(['ar-EG', 'ar', 'ar']);
  });

  it('reads Parquet as datasets write it, whose nulls are nothing', async () => {
    const prompts = await readPrompts(join(FIXTURES, 'prompts.zstd.parquet'), ['ar']);
    expect(prompts.slice(0, 2)).toEqual([
      { id: 'p0', text: 'ما عاصمة مصر؟', locale: 'ar', category: 'geography' },
      { id: 'p1', text: 'صف طبق الكشري.', locale: 'ar' },
    ]);
    expect(prompts).toHaveLength(5);
  });
});
