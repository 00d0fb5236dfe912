import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { DataRow } from '../../../../core/config/data-row.js';
import { streamJsonLines } from '../../../../core/config/stream-json-lines.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const schema = z.strictObject({ a: z.union([z.number(), z.string()]) });

describe('streamJsonLines', () => {
  const folder = useTemporaryFolder();

  async function read(content: string | Uint8Array): Promise<DataRow<z.infer<typeof schema>>[]> {
    const path = join(folder(), 'lines.jsonl');
    writeFileSync(path, content);
    const rows = [];
    for await (const row of streamJsonLines(path, schema)) rows.push(row);
    return rows;
  }

  it('gives values with the numbers of their lines, and skips blank ones', async () => {
    expect(await read('{"a":1}\r\n\n{"a":2}')).toEqual([
      { row: { a: 1 }, number: 1, place: 'line 1' },
      { row: { a: 2 }, number: 3, place: 'line 3' },
    ]);
    expect(await read('')).toEqual([]);
  });

  it('reads texts whole that lie across what is read at a time', async () => {
    const long = 'سؤال'.repeat(20_000);
    const rows = await read(`${JSON.stringify({ a: long })}\n`.repeat(5));
    expect(rows.map(({ row }) => row.a === long)).toEqual([true, true, true, true, true]);
  });

  it.each([
    ['a bad value', '{"a":1}\n{"a":null}', 'line 2, a'],
    ['a number that JSON does not have', '{"a":NaN}', 'line 1'],
    ['an endless line', `{"a":"${'x'.repeat(1024 * 1024)}"}`, 'line 1'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'line 1'],
    ['a sequence that is cut', Buffer.from('{"a":"é"}').subarray(0, 7), 'line 1'],
  ])('refuses %s and names the line', async (_case, content, place) => {
    await expect(read(content)).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringContaining(place) as string,
    });
  });

  it('refuses a file that is not there, and a folder', async () => {
    const [missing, directory] = [join(folder(), 'none'), folder()].map((path) =>
      streamJsonLines(path, schema).next(),
    );
    await expect(missing).rejects.toThrow('no such file');
    await expect(directory).rejects.toThrow('cannot be read (EISDIR)');
  });
});
