import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readCsv } from '../../../../core/config/read-csv.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

describe('readCsv', () => {
  const folder = useTemporaryFolder();
  const read = (text: string): ReturnType<typeof readCsv> => {
    const path = join(folder(), 'table.csv');
    writeFileSync(path, text);
    return readCsv(path);
  };

  it('reads cells by column, quoted ones with commas, quotes and line feeds, and numbers lines as an editor does', async () => {
    const rows = await read('a,b\r\n1, x \r\n\r\n"p, ""q""\nr",\n2,3');
    expect(rows).toEqual([
      { line: 2, cells: { a: '1', b: 'x' } },
      { line: 4, cells: { a: 'p, "q"\nr', b: '' } },
      { line: 6, cells: { a: '2', b: '3' } },
    ]);
  });

  it.each([
    ['a,b\n1\n', 'line 2: found 1 cells; allowed: 2'],
    ['a,b\n1,2,3\n', 'line 2: found 3 cells'],
    ['a,a\n', 'line 1: found the column "a" twice'],
    ['a\n"open\n', 'line 2: found a quote that is never closed'],
    ['a\n"x"y\n', 'line 2: found text after a closing quote'],
  ])('refuses %j', async (text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });
});
