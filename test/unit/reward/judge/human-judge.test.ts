import { createHumanJudges, type HumanLabel } from '../../../../reward/judge/human-judge.js';
import { emptyRubric, pairOf, probabilityIn, promptOf } from '../../../support/reward-fixtures.js';
import { arabic } from '../../../support/small-locales.js';

const pair = { ...pairOf(promptOf(arabic, 'سؤال'), 'أ', 'ب'), id: 'p1' };
const label: HumanLabel = {
  pair: 'p1',
  rubric: 'empty',
  annotator: 'Mona',
  choice: 'second',
  shown: 'second_shown_first',
};
const options = { source: 'labels.jsonl', pairIds: new Set(['p1', 'p2']) };
const ask = { pair, rubric: emptyRubric, order: 'second_shown_first' as const };

describe('human judges', () => {
  it('say what the labels say, in the frame of the pair, one judge for each annotator', async () => {
    const [mona, jun] = createHumanJudges(
      [label, { ...label, annotator: 'Jun', choice: 'tie' }, { ...label, pair: 'p2', choice: 'first' }],
      options,
    );
    expect([mona.id, jun.id, mona.kind]).toEqual(['human-Mona', 'human-Jun', 'human']);
    expect(probabilityIn(await mona.judge(ask))).toBeCloseTo(0.1, 12);
    expect(probabilityIn(await jun.judge(ask))).toBe(0.5);
    expect(probabilityIn(await mona.judge({ ...ask, pair: { ...pair, id: 'p2' } }))).toBe(0.9);
  });

  it.each([
    ['an order that was not shown', { order: 'first_shown_first' as const }],
    ['another rubric', { rubric: { ...emptyRubric, id: 'other' } }],
    ['a pair without a label', { pair: { ...pair, id: 'p2' } }],
  ])('abstain from %s', async (_case, other) => {
    const [mona] = createHumanJudges([label], options);
    expect((await mona.judge({ ...ask, ...other })).outcome.kind).toBe('abstained');
  });

  it('may say different things in different orders: that is a position bias', async () => {
    const [mona] = createHumanJudges(
      [label, { ...label, shown: 'first_shown_first', choice: 'first' }],
      options,
    );
    expect(probabilityIn(await mona.judge(ask))).toBeCloseTo(0.1, 12);
    expect(probabilityIn(await mona.judge({ ...ask, order: 'first_shown_first' }))).toBe(0.9);
  });

  it.each([
    [
      'an annotator who contradicts himself',
      { ...label, choice: 'first' as const },
      'labels.jsonl at label 2: found Mona contradicting himself on pair p1: first after second',
    ],
    [
      'a label for an unknown pair',
      { ...label, pair: 'p9' },
      'labels.jsonl at label 2: found the unknown pair "p9"; allowed: pairs to be judged',
    ],
  ])('refuse %s', (_case, second, message) => {
    expect(() => createHumanJudges([label, second], options)).toThrow(message);
  });
});
