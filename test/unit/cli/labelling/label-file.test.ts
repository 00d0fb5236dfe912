import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabelFile } from '../../../../cli/labelling/label-file.js';
import { BadInputError } from '../../../../core/errors.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';
import { label, labelText } from './label-builders.js';

const folder = useTemporaryFolder();
const path = (): string => join(folder(), 'labels.jsonl');
const open = (): Promise<LabelFile> =>
  LabelFile.open(path(), { rubric: 'ar-msa', pairIds: new Set(['p1', 'p2', 'p3']) });

function write(text: string): void {
  writeFileSync(path(), text);
}

describe('a label file', () => {
  it('begins empty, and holds a label once append has resolved', async () => {
    const file = await open();
    expect(file.labels).toEqual([]);
    await file.append(label('p1'));
    expect(readFileSync(path(), 'utf8')).toBe(labelText([label('p1')]));
  });

  it('goes on where it ended', async () => {
    await (await open()).append(label('p1'));
    const again = await open();
    await again.append(label('p2'));
    expect((await open()).labels).toEqual([label('p1'), label('p2')]);
  });

  it('no longer holds a label that was taken back, and leaves nothing beside it', async () => {
    const file = await open();
    for (const pair of ['p1', 'p2', 'p3']) await file.append(label(pair));
    await file.withdraw(file.labels[1]);
    expect(readFileSync(path(), 'utf8')).toBe(labelText([label('p1'), label('p3')]));
    await file.append(label('p2'));
    expect((await open()).labels.map(({ pair }) => pair)).toEqual(['p1', 'p3', 'p2']);
  });

  it('cuts off a last line that a crash left unfinished, at any byte', async () => {
    const whole = labelText([label('p1')]);
    const next = labelText([label('p2', { annotator: 'آمال' })]);
    const bytes = Buffer.from(next);
    for (let length = 1; length < bytes.length - 1; length += 1) {
      writeFileSync(path(), Buffer.concat([Buffer.from(whole), bytes.subarray(0, length)]));
      expect((await open()).labels).toEqual([label('p1')]);
      expect(readFileSync(path(), 'utf8')).toBe(whole);
    }
  });

  it('keeps a whole last line that only lacks its line feed', async () => {
    write(labelText([label('p1')]).trimEnd());
    const file = await open();
    await file.append(label('p2'));
    expect((await open()).labels).toEqual([label('p1'), label('p2')]);
  });

  it('counts a label that stands twice once', async () => {
    write(labelText([label('p1'), label('p1')]));
    expect((await open()).labels).toEqual([label('p1')]);
  });

  it('refuses to write a file that something else changed, and leaves it as it is', async () => {
    const file = await open();
    await file.append(label('p1'));
    appendFileSync(path(), labelText([label('p2')]));
    const before = readFileSync(path(), 'utf8');
    await expect(file.append(label('p3'))).rejects.toMatchObject({ code: 'failed_precondition' });
    await expect(file.withdraw(file.labels[0])).rejects.toThrow('changed by something else');
    expect(readFileSync(path(), 'utf8')).toBe(before);
    expect(file.labels).toEqual([label('p1')]);
  });

  it('says in one sentence that its folder is not there', async () => {
    const missing = join(folder(), 'none', 'labels.jsonl');
    await expect(LabelFile.open(missing, { rubric: 'ar-msa', pairIds: new Set() })).rejects.toMatchObject({
      code: 'failed_precondition',
    });
    expect(existsSync(missing)).toBe(false);
  });
});

describe('a label file that does not hold together', () => {
  it.each([
    ['an unknown pair', [label('p9')], /line 1: found a label for the unknown pair "p9"/],
    [
      'another rubric',
      [label('p1'), label('p2', { rubric: 'ko' })],
      /line 2: found a label for rubric "ko".*"ar-msa"/,
    ],
    [
      'an annotator who contradicts himself',
      [label('p1'), label('p2'), label('p1', { choice: 'tie' })],
      /line 3: found "Amal" contradicting line 1 on pair "p1": tie after first/,
    ],
  ])('is refused for %s', async (_, labels, sentence) => {
    write(labelText(labels));
    const before = readFileSync(path(), 'utf8');
    const failure = await open().catch((thrown: unknown) => thrown);
    expect(failure).toBeInstanceOf(BadInputError);
    expect(String(failure)).toMatch(sentence);
    expect(readFileSync(path(), 'utf8')).toBe(before);
  });

  it.each([
    [
      'a choice that is none',
      { choice: 'left' },
      /line 1, choice: found "left"; allowed: "first", "second", "tie"/,
    ],
    ['a time that is none', { at: 'noon' }, /line 1, at/],
    ['a name with a line feed', { annotator: 'a\nb' }, /line 1, annotator.*control characters/],
    ['a key too many', { note: 'x' }, /line 1: found unknown key "note"/],
  ])('is refused for %s', async (_, changes, sentence) => {
    write(`${JSON.stringify({ ...label('p1'), ...changes })}\n`);
    await expect(open()).rejects.toThrow(sentence);
  });

  it('is not contradicted by another answer in the other order, or of somebody else', async () => {
    write(
      labelText([
        label('p1'),
        label('p1', { shown: 'second_shown_first', choice: 'second' }),
        label('p1', { annotator: 'Bassem', choice: 'tie' }),
      ]),
    );
    expect((await open()).labels).toHaveLength(3);
  });
});
