import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readAnswers, type NamedAnswer } from '../../../../reward/model/read-answers.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const FIXTURES = join(__dirname, '..', '..', '..', 'fixtures', 'parquet');

async function collected(path: string): Promise<NamedAnswer[]> {
  const answers: NamedAnswer[] = [];
  for await (const answer of readAnswers(path, 'ar')) answers.push(answer);
  return answers;
}

describe('readAnswers', () => {
  const folder = useTemporaryFolder();
  const read = (...rows: readonly object[]): Promise<NamedAnswer[]> => {
    const path = join(folder(), 'answers.jsonl');
    writeFileSync(path, rows.map((row) => JSON.stringify(row)).join('\n'));
    return collected(path);
  };

  it('names answers by their ids, or by their lines', async () => {
    expect(
      await read(
        { prompt: 'q', answer: 'a' },
        { prompt: 'q', answer: 'b', id: 'x', locale: 'ko', category: 'food' },
      ),
    ).toEqual([
      { id: 1, answer: 'a', prompt: { id: '1', locale: 'ar', text: 'q' } },
      { id: 'x', answer: 'b', prompt: { id: 'x', locale: 'ko', text: 'q', category: 'food' } },
    ]);
  });

  it('reads conversations of one question and one answer, from Parquet too', async () => {
    const [plain] = await read({ prompt: 'q1', answer: 'good one' });
    const said = {
      prompt: [{ role: 'user', content: 'q1' }],
      answer: [{ role: 'assistant', content: 'good one' }],
    };
    expect(await read(said)).toEqual([plain]);
    expect((await collected(join(FIXTURES, 'answers.parquet')))[0]).toEqual(plain);
  });

  it.each([
    [{ prompt: 'q', answer: [] }, 'line 1, answer: found []; allowed: at least 1 items'],
    [
      {
        prompt: 'q',
        answer: [
          { role: 'assistant', content: 'a' },
          { role: 'user', content: 'b' },
        ],
      },
      'line 1, answer: found 2 messages by assistant, user; allowed: text, or one message by assistant',
    ],
    [
      { prompt: 'q', answer: [{ role: 'assistant' }] },
      'line 1, answer: found [{"role":"assistant"}]; allowed: text',
    ],
  ])('refuses %j with its place', async (row, sentence) => {
    await expect(read(row)).rejects.toThrow(sentence);
  });
});
