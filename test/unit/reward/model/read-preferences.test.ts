import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { preferenceRow } from '../../../../cli/commands/export/preference-row.js';
import type { Preference } from '../../../../core/domain/preference.js';
import type { LabelledPair } from '../../../../reward/model/labelled-pair.js';
import { readPreferences } from '../../../../reward/model/read-preferences.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const rubric = { id: 'tea', hash: 'a'.repeat(64) };

function said(role: string, content: string): object {
  return { role, content };
}

/** A file that pyarrow wrote. */
function fixture(name: string): string {
  return join(__dirname, '..', '..', '..', 'fixtures', 'parquet', `${name}.parquet`);
}

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
    expect(await read(preferenceRow(preference, { format: 'standard', hasMargin: false }))).toEqual([
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

  it('takes conversations of one question and one answer, with the question apart or in both', async () => {
    const texts = { prompt: 'q', chosen: 'a', rejected: 'b' };
    const apart = {
      prompt: [said('user', 'q')],
      chosen: [said('assistant', 'a')],
      rejected: [said('assistant', 'b')],
    };
    const inBoth = {
      chosen: [said('user', 'q'), said('assistant', 'a')],
      rejected: [said('user', 'q'), said('assistant', 'b')],
    };
    const [plain] = await read(texts);
    expect(await read(apart)).toEqual([plain]);
    expect(await read(inBoth)).toEqual([plain]);
    const equal = { ...inBoth, rejected: inBoth.chosen };
    expect(await read(equal)).toEqual([{ ...plain, second: 'a' }]);
  });

  it.each(['conversations', 'implicit-prompts'])(
    'reads %s from Parquet as datasets write them',
    async (name) => {
      const pairs = await readPreferences(fixture(name), { locale: 'ar' });
      expect(pairs.map(({ prompt, first, second, weight }) => [prompt.text, first, second, weight])).toEqual([
        ['q1', 'good one', 'bad one', 0.5],
        ['q2', 'good two', 'bad two', 1],
        ['q1', 'good three', 'bad three', 0.5],
      ]);
    },
  );

  it('takes what a column of Parquet leaves out for unknown', async () => {
    const pairs = await readPreferences(fixture('preferences'), { locale: 'ar' });
    expect(pairs.map(({ prompt, probabilityFirst }) => [prompt.id, probabilityFirst])).toEqual([
      ['7', 0.9],
      ['8', 1],
      ['9', 0.75],
    ]);
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
      'no question',
      { prompt: undefined },
      'prompt: found nothing; allowed: text, or a list of {role, content}',
    ],
    [
      'an answer that is neither text nor messages',
      { chosen: 3 },
      'chosen: found 3; allowed: text, or a list',
    ],
    [
      'a system message before the question',
      { prompt: [said('system', 's'), said('user', 'q')] },
      'prompt: found 2 messages by system, user; allowed: text, or one message by user: a reward model reads one question',
    ],
    [
      'a conversation of several turns',
      { prompt: [said('user', 'q'), said('assistant', 'a'), said('user', 'why?')] },
      'prompt: found 3 messages by user, assistant, user; allowed: text, or one message by user',
    ],
    [
      'an answer by the user',
      { rejected: [said('user', 'b')] },
      'rejected: found a message by user; allowed: text, or one message by assistant',
    ],
    [
      'conversations that begin differently',
      { prompt: undefined, chosen: [said('user', 'q')], rejected: [said('user', 'p')] },
      'prompt: found nothing',
    ],
  ])('refuses %s and names the line', async (_case, change, message) => {
    const line = { prompt: 'q', chosen: 'a', rejected: 'b' };
    await expect(read(line, { ...line, ...change })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(new RegExp(`line 2.*${message.replace(/[{}]/g, '\\$&')}`)) as string,
    });
  });

  it('refuses a file without pairs', async () => {
    await expect(read()).rejects.toThrow('no preferences');
  });
});
