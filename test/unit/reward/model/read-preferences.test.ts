import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { preferenceLine } from '../../../../cli/commands/export/export-preferences.js';
import type { Preference } from '../../../../core/domain/preference.js';
import type { LabelledPair } from '../../../../reward/model/labelled-pair.js';
import { readPreferences } from '../../../../reward/model/read-preferences.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const rubric = { id: 'tea', hash: 'a'.repeat(64) };

describe('readPreferences', () => {
  const folder = useTemporaryFolder();

  async function read(...lines: readonly object[]): Promise<LabelledPair[]> {
    const path = join(folder(), 'preferences.jsonl');
    writeFileSync(path, lines.map((line) => JSON.stringify(line)).join('\n'));
    return readPreferences(path, { rubric, locale: 'ar' });
  }

  it('reads what majlis export writes', async () => {
    const preference: Preference = {
      pair: { id: 'x', prompt: { id: 'p', locale: 'ar', text: 'q' }, first: 'a', second: 'b' },
      rubricHash: rubric.hash,
      probabilityFirst: 0.25,
      weight: 0.5,
      excludedVerdicts: 0,
    };
    expect(await read(preferenceLine(preference))).toEqual([
      {
        prompt: { id: '1', locale: 'ar', text: 'q' },
        first: 'b',
        second: 'a',
        probabilityFirst: 0.75,
        weight: 0.5,
      },
    ]);
  });

  it("reads TRL's columns alone: the chosen answer is the better, and pairs of one prompt share weight 1", async () => {
    const pairs = await read(
      { prompt: 'q', chosen: 'a', rejected: 'b' },
      { prompt: 'q', chosen: 'a', rejected: 'c', id: 'named', locale: 'ko', category: 'food' },
      { prompt: 'other', chosen: 'a', rejected: 'c', margin: 1.5 },
    );
    expect(pairs.map(({ probabilityFirst, weight, margin }) => [probabilityFirst, weight, margin])).toEqual([
      [1, 0.5, undefined],
      [1, 0.5, undefined],
      [1, 1, 1.5],
    ]);
    expect(pairs[1].prompt).toEqual({ id: 'named', locale: 'ko', text: 'q', category: 'food' });
  });

  it('takes a tie for even', async () => {
    expect(await read({ prompt: 'q', chosen: 'a', rejected: 'b', tie: true })).toMatchObject([
      { probabilityFirst: 0.5, tie: true },
    ]);
  });

  it.each([
    ['a pair of another rubric', { rubric_hash: 'b'.repeat(64) }, 'judged under another rubric'],
    ['a probability above 1', { probability: 1.1 }, 'probability'],
    ['a probability that is no number', { probability: null }, 'probability'],
    ['a weight of 0', { weight: 0 }, 'weight'],
    ['a margin below 0', { margin: -1 }, 'margin'],
    ['a misspelt column', { probabilty: 0.7 }, 'the keys id, prompt, chosen, rejected, probability'],
    [
      'messages instead of texts',
      { chosen: [{ role: 'assistant', content: 'a' }] },
      'a value of type string',
    ],
  ])('refuses %s and names the line', async (_case, change, message) => {
    const line = { prompt: 'q', chosen: 'a', rejected: 'b' };
    await expect(read(line, { ...line, ...change })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(new RegExp(`line 2.*${message}`)) as string,
    });
  });

  it('refuses a file without pairs', async () => {
    await expect(read()).rejects.toThrow('no preferences');
  });
});
