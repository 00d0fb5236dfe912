import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPrompts } from '../../../../cli/pipeline/read-prompts.js';

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
});
