import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { readRows, streamRows } from '../../../../core/config/read-rows.js';
import { flipBit } from '../../../support/flip-bit.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const FIXTURES = join(__dirname, '..', '..', '..', 'fixtures', 'parquet');
const schema = z.strictObject({ id: z.string(), text: z.string(), category: z.string().optional() });

/** As the script beside the files wrote them. */
const PROMPTS = [
  { id: 'p0', text: 'ما عاصمة مصر؟', category: 'geography' },
  { id: 'p1', text: 'صف طبق الكشري.' },
  { id: 'p2', text: 'اكتب تهنئة بالعيد.', category: 'greeting' },
  { id: 'p3', text: 'أين يقع نهر النيل؟', category: 'geography' },
  { id: 'p4', text: 'من كتب الأيام؟' },
];

function fixture(name: string): string {
  return join(FIXTURES, `${name}.parquet`);
}

describe('a data file', () => {
  const folder = useTemporaryFolder();
  const file = (name: string, bytes: string | Uint8Array): string => {
    const path = join(folder(), name);
    writeFileSync(path, bytes);
    return path;
  };

  it.each(['snappy', 'zstd', 'gzip', 'brotli', 'lz4', 'none'])(
    'of Parquet in codec %s holds what pyarrow wrote, row group by row group',
    async (codec) => {
      expect(await readRows(fixture(`prompts.${codec}`), schema)).toEqual(PROMPTS);
    },
  );

  it('is Parquet or JSON lines by its extension, and gives the same rows', async () => {
    const lines = file('prompts.jsonl', PROMPTS.map((row) => `${JSON.stringify(row)}\n`).join(''));
    const shouted = join(folder(), 'PROMPTS.PARQUET');
    copyFileSync(fixture('prompts.zstd'), shouted);
    expect(await readRows(lines, schema)).toEqual(await readRows(shouted, schema));
    const places: string[] = [];
    for await (const { place, number } of streamRows(shouted, schema)) places.push(`${number}: ${place}`);
    for await (const { place, number } of streamRows(lines, schema)) places.push(`${number}: ${place}`);
    expect([places[0], places[4], places[5]]).toEqual(['1: row 1', '5: row 5', '1: line 1']);
  });

  it('has whole numbers as numbers, and lists of structs as arrays of objects', async () => {
    const ids = await readRows(fixture('preferences'), z.object({ id: z.int() }));
    expect(ids).toEqual([{ id: 7 }, { id: 8 }, { id: 9 }]);
    const messages = z.array(z.object({ role: z.string(), content: z.string() }));
    const [first] = await readRows(fixture('conversations'), z.object({ prompt: messages }));
    expect(first).toEqual({ prompt: [{ role: 'user', content: 'q1' }] });
  });

  it('is refused where a row repeats another, with both rows', async () => {
    await expect(
      readRows(fixture('prompts.zstd'), schema, { uniqueBy: ({ category }) => category ?? 'none' }),
    ).rejects.toThrow(
      'prompts.zstd.parquet at row 4: found "geography" again, after row 1; allowed: unique ids',
    );
  });

  it.each([
    [
      'lacks a column',
      () => fixture('lacks-a-column'),
      'at row 1, text: found nothing; allowed: a value of type string',
    ],
    [
      'has a null',
      () => fixture('has-a-null'),
      'at row 2, text: found nothing; allowed: a value of type string',
    ],
    [
      'is nested',
      () => fixture('is-nested'),
      'at row 1, text: found {"title":"one","lines":[1,2]}; allowed: a value of',
    ],
    ['has no rows', () => fixture('no-rows'), 'found no rows; allowed: at least one row'],
    ['is not UTF-8', () => fixture('not-utf8'), 'at rows 1 to 1: found bytes that are no Parquet'],
    [
      'has another column',
      () => fixture('preferences'),
      'at row 1: found unknown key "prompt", "chosen", "rejected"',
    ],
    ['is empty', () => file('empty.parquet', ''), 'found an empty file; allowed: a Parquet file'],
    [
      'is text',
      () => file('text.parquet', '{"id":"a"}\n'),
      'at its footer: found bytes that are no Parquet (',
    ],
    ['is one byte', () => file('byte.parquet', 'P'), 'at its footer: found bytes that are no Parquet ('],
    ['is not there', () => join(folder(), 'missing.parquet'), 'found no such file; allowed: a readable file'],
    [
      'is a folder',
      () => {
        mkdirSync(join(folder(), 'folder.parquet'));
        return join(folder(), 'folder.parquet');
      },
      'found a folder; allowed: a Parquet file',
    ],
    [
      'is cut short',
      () => file('cut.parquet', readFileSync(fixture('prompts.zstd')).subarray(0, 700)),
      'at its footer: found bytes that are no Parquet (',
    ],
    [
      'has lost its middle',
      () => {
        const bytes = readFileSync(fixture('prompts.zstd'));
        const length = bytes.readUInt32LE(bytes.length - 8);
        return file('hollow.parquet', bytes.subarray(bytes.length - 8 - length));
      },
      'found bytes that are no Parquet (',
    ],
  ])('that %s is refused in one sentence', async (_name, path, sentence) => {
    const refused = readRows(path(), schema);
    await expect(refused).rejects.toMatchObject({ name: 'BadInputError' });
    await expect(refused).rejects.toThrow(sentence);
  });

  it('never yields rows that its bytes do not hold, wherever a bit has flipped', async () => {
    const whole = readFileSync(fixture('prompts.zstd'));
    const outcomes = { refused: 0, read: 0 };
    for (let at = 0; at < whole.length; at += 23) {
      const path = file('flipped.parquet', whole);
      flipBit(path, at);
      try {
        const rows = await readRows(path, schema);
        expect(rows).toHaveLength(PROMPTS.length);
        outcomes.read += 1;
      } catch (thrown) {
        expect(thrown).toMatchObject({ name: 'BadInputError' });
        outcomes.refused += 1;
      }
    }
    expect(outcomes.refused).toBeGreaterThan(0);
  });
});
