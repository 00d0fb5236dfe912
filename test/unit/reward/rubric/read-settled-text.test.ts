import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSettledText } from '../../../../reward/rubric/read-settled-text.js';

const folder = mkdtempSync(join(tmpdir(), 'majlis-settled-'));
const file = join(folder, 'rubric.yaml');
beforeEach(() => {
  writeFileSync(file, 'id: one\n');
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const readAnd =
  (meanwhile: () => void) =>
  async (path: string): Promise<string> => {
    const text = await readFile(path, 'utf8');
    meanwhile();
    return text;
  };

describe('readSettledText', () => {
  it('reads a file that nobody touches', async () => {
    expect(await readSettledText(file)).toBe('id: one\n');
  });

  it.each([
    ['appended to', () => writeFileSync(file, 'title: more\n', { flag: 'a' })],
    ['written over with as many bytes', () => writeFileSync(file, 'id: two\n')],
    [
      'replaced by another file',
      () => {
        const other = join(folder, 'other');
        writeFileSync(other, 'id: two\n');
        renameSync(other, file);
      },
    ],
    ['removed', () => rmSync(file)],
  ])('refuses a file that is %s while it is read', async (_how, meanwhile) => {
    await expect(readSettledText(file, readAnd(meanwhile))).rejects.toMatchObject({
      code: 'invalid_argument',
      message: `${file}: found a file that changed while it was read; allowed: a file that nobody is writing to; save it and ask again`,
    });
  });

  it('says so, too, where reading failed because of it', async () => {
    writeFileSync(file, '');
    const read = async (): Promise<string> => {
      writeFileSync(file, 'id: two\n');
      throw new Error('found an empty file');
    };
    await expect(readSettledText(file, read)).rejects.toThrow('found a file that changed while it was read');
    const failing = async (): Promise<string> => Promise.reject(new Error('found an empty file'));
    await expect(readSettledText(file, failing)).rejects.toThrow('found an empty file');
  });

  it('says of a file that is not there that it is not there', async () => {
    await expect(readSettledText(join(folder, 'none'))).rejects.toThrow('found no such file');
  });
});
