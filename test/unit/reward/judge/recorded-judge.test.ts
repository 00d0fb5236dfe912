import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PairVerdict } from '../../../../core/domain/verdict.js';
import { createRecordedJudges } from '../../../../reward/judge/recorded-judge.js';
import { readVerdicts, verdictLine } from '../../../../reward/judge/recorded-verdicts.js';
import { emptyRubric, pairOf, promptOf } from '../../../support/reward-fixtures.js';
import { arabic } from '../../../support/small-locales.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';

const pair = { ...pairOf(promptOf(arabic, 'سؤال'), 'أ', 'ب'), id: 'p1' };
const verdicts: PairVerdict[] = [
  {
    judgeId: 'one',
    rubricHash: emptyRubric.hash,
    pairId: 'p1',
    order: 'first_shown_first',
    outcome: { kind: 'scored', score: { probabilityFirst: 0.8, contributions: { length: 0.25 } } },
  },
  {
    judgeId: 'one',
    rubricHash: emptyRubric.hash,
    pairId: 'p1',
    order: 'second_shown_first',
    outcome: { kind: 'judge_failed', reason: 'HTTP 500', retryable: true },
  },
  {
    judgeId: 'two',
    rubricHash: emptyRubric.hash,
    criterionHash: 'c1',
    pairId: 'p1',
    order: 'first_shown_first',
    outcome: { kind: 'unparseable', raw: 'meow' },
  },
];
const ask = { pair, rubric: emptyRubric, order: 'first_shown_first' as const };

describe('recorded judges', () => {
  const folder = useTemporaryFolder();

  it('say again what was said, failures included, after a trip through a file', async () => {
    const path = join(folder(), 'verdicts.jsonl');
    await writeFile(path, verdicts.map(verdictLine).join(''));
    const read = await readVerdicts(path);
    expect(read).toEqual(verdicts);
    const [one, two] = createRecordedJudges(read, { source: path });
    expect(await one.judge(ask)).toEqual(verdicts[0]);
    expect(await one.judge({ ...ask, order: 'second_shown_first' })).toEqual(verdicts[1]);
    expect(two.id).toBe('two');
    expect(one.kind).toBe('recorded');
  });

  it.each([
    ['another pair', { pair: { ...pair, id: 'p2' } }],
    ['another rubric', { rubric: { ...emptyRubric, hash: 'another' } }],
  ])('abstain from %s', async (_case, other) => {
    const [one] = createRecordedJudges(verdicts, { source: 'record' });
    const { outcome } = await one.judge({ ...ask, ...other });
    expect(outcome).toEqual({ kind: 'abstained', reason: 'no verdict was recorded' });
  });

  it('keep a verdict on a criterion apart from one on the rubric', async () => {
    const [, two] = createRecordedJudges(verdicts, { source: 'record' });
    expect((await two.judge(ask)).outcome.kind).toBe('abstained');
  });

  it('refuse a record that contradicts itself', () => {
    const outcome = { kind: 'scored' as const, score: { probabilityFirst: 0.1 } };
    expect(() =>
      createRecordedJudges([...verdicts, { ...verdicts[0], outcome }], { source: 'record' }),
    ).toThrow('record: found two different verdicts of judge one on pair p1, first_shown_first');
    expect(createRecordedJudges([...verdicts, verdicts[0]], { source: 'record' })).toHaveLength(2);
  });

  it('have fingerprints that follow their verdicts', () => {
    const [before] = createRecordedJudges(verdicts, { source: 'record' });
    const [after] = createRecordedJudges(verdicts.slice(0, 1), { source: 'record' });
    expect(after.fingerprint).not.toBe(before.fingerprint);
  });

  it.each([
    ['a probability above 1', { outcome: { kind: 'scored', score: { probabilityFirst: 1.5 } } }, 'at most 1'],
    ['a failure with a score', { outcome: { kind: 'unparseable', raw: '', score: 0 } }, 'unknown key'],
    ['an unknown order', { order: 'AB' }, 'first_shown_first'],
  ])('are not read from a line with %s', async (_case, change, message) => {
    const path = join(folder(), 'verdicts.jsonl');
    await writeFile(
      path,
      `${JSON.stringify(verdicts[0])}\n${JSON.stringify({ ...verdicts[0], ...change })}\n`,
    );
    await expect(readVerdicts(path)).rejects.toThrow(message);
    await expect(readVerdicts(path)).rejects.toThrow('line 2');
  });
});
