import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../../../../core/config/parse-json.js';
import { readJsonLines } from '../../../../core/config/read-json-lines.js';
import { readText } from '../../../../core/config/read-text.js';
import { readYaml } from '../../../../core/config/read-yaml.js';

const row = z.strictObject({ id: z.string().min(1), size: z.number().min(0).optional() });
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'majlis-readers-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function file(content: string | Uint8Array): Promise<string> {
  const path = join(folder, 'input');
  await writeFile(path, content);
  return path;
}

describe('readText', () => {
  it('drops a byte order mark', async () => {
    expect(await readText(await file('\uFEFFمرحبا'))).toBe('مرحبا');
  });

  it.each([
    ['an empty file', '  \n', 'found an empty file; allowed: UTF-8 text'],
    ['a binary file', Uint8Array.of(65, 0, 66), 'at byte 1: found a NUL byte'],
    [
      'invalid UTF-8',
      Buffer.concat([Buffer.from('a\nb\n'), Buffer.of(0xd9, 10)]),
      'at line 3: found bytes that are not UTF-8',
    ],
  ])('refuses %s in one sentence', async (_case, content, sentence) => {
    const path = await file(content);
    await expect(readText(path)).rejects.toThrow(sentence);
    await expect(readText(path)).rejects.toMatchObject({ code: 'invalid_argument', input: { source: path } });
  });

  it('refuses a file longer than its limit, and one that is not there', async () => {
    const path = await file('12345');
    await expect(readText(path, { maxBytes: 4 })).rejects.toThrow('found 5 bytes; allowed: at most 4 bytes');
    await expect(readText(join(folder, 'absent'))).rejects.toThrow(
      'found no such file; allowed: a readable file',
    );
  });
});

describe('readJsonLines', () => {
  it('reads one value a line and skips blank lines', async () => {
    expect(await readJsonLines(await file('{"id":"a"}\n\n{"id":"b","size":2}\n'), row)).toEqual([
      { id: 'a' },
      { id: 'b', size: 2 },
    ]);
  });

  it.each([
    ['broken JSON', '{"id":"a"}\n{oops\n', 'at line 2: found "{oops"; allowed: JSON'],
    [
      'an unknown key',
      '{"id":"a","sise":1}',
      'at line 1: found unknown key "sise"; allowed: the keys id, size',
    ],
    ['a wrong type', '{"id":7}', 'at line 1, id: found 7; allowed: a value of type string'],
    ['a missing key', '{"size":7}', 'at line 1, id: found nothing; allowed: a value of type string'],
    ['a negative number', '{"id":"a","size":-1}', 'at line 1, size: found -1; allowed: at least 0'],
    [
      'a duplicate id',
      '{"id":"a"}\n{"id":"a"}',
      'at line 2: found "a" again, after line 1; allowed: unique ids',
    ],
  ])('refuses %s with its line', async (_case, content, sentence) => {
    const read = readJsonLines(await file(content), row, { uniqueBy: (value) => value.id });
    await expect(read).rejects.toThrow(sentence);
  });

  it('refuses a line of 10 MB without quoting it', async () => {
    const read = readJsonLines(await file(`{"id":"${'x'.repeat(10_000_000)}"}`), row);
    await expect(read).rejects.toThrow(
      /at line 1: found a line of 10000009 characters; allowed: at most 1048576$/,
    );
  });
});

describe('parseJson and readYaml', () => {
  const nested = z.strictObject({ rows: z.array(row), kind: z.enum(['one', 'two']).default('one') });

  it('names the path inside the text', () => {
    const text = '{"rows":[{"id":"a"},{"id":"b","x":1}]}';
    expect(() => parseJson(text, nested, { source: 'rows.json' })).toThrow(
      'rows.json at rows[1]: found unknown key "x"; allowed: the keys id, size',
    );
  });

  it('lists the values that are allowed', async () => {
    const read = readYaml(await file('rows: []\nkind: three\n'), nested);
    await expect(read).rejects.toThrow('at kind: found "three"; allowed: "one", "two"');
  });

  it('refuses duplicate keys and broken YAML with the line', async () => {
    await expect(readYaml(await file('rows: []\nrows: []\n'), nested)).rejects.toThrow(
      'at line 2: found "Map keys must be unique"',
    );
    await expect(readYaml(await file('rows: [\n'), nested)).rejects.toThrow('allowed: YAML with unique keys');
  });

  it('refuses an alias bomb', async () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`;
    await expect(readYaml(await file(bomb), nested)).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});
