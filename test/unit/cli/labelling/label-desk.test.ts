import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LabelDesk, type DeskState, type Pick } from '../../../../cli/labelling/label-desk.js';
import { LabelFile } from '../../../../cli/labelling/label-file.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { useTemporaryFolder } from '../../../support/temporary-folder.js';
import { pairs } from './label-builders.js';

const folder = useTemporaryFolder();
const path = (): string => join(folder(), 'labels.jsonl');
const lines = (): string[] => readFileSync(path(), 'utf8').split('\n').filter(Boolean);

async function openDesk(count = 10): Promise<LabelDesk> {
  const known = pairs(count);
  const pairIds = new Set(known.map(({ id }) => id));
  const file = await LabelFile.open(path(), { rubric: 'ar-msa', pairIds });
  return new LabelDesk({ file, pairs: known, rubric: 'ar-msa', seed: 1, clock: new FakeClock() });
}

/** Picks by the texts, as a person would who prefers first answers. */
function preferFirst({ showing }: DeskState): Pick {
  return showing?.answers[0].startsWith('first') === true ? 'one' : 'two';
}

async function answerAll(
  desk: LabelDesk,
  annotator: string,
  pick: (state: DeskState) => Pick,
): Promise<DeskState> {
  let state = desk.stateOf(annotator);
  while (state.showing !== undefined) {
    state = await desk.answer(annotator, state.showing.step, pick(state));
  }
  return state;
}

describe('a label desk', () => {
  it('records what was picked in the frame of the pairs file, whatever side it was on', async () => {
    const desk = await openDesk();
    const end = await answerAll(desk, 'Amal', preferFirst);
    expect(end).toEqual({ annotator: 'Amal', done: 12, total: 12 });
    expect(new Set(desk.labels.map(({ choice }) => choice))).toEqual(new Set(['first']));
    expect(new Set(desk.labels.map(({ shown }) => shown)).size).toBe(2);
    expect(JSON.parse(lines()[0])).toEqual({
      pair: desk.labels[0].pair,
      rubric: 'ar-msa',
      annotator: 'Amal',
      choice: 'first',
      shown: desk.labels[0].shown,
      at: '2026-01-01T00:00:00.000Z',
    });
  });

  it('records a person who always picks the side as one who contradicts the other order', async () => {
    const desk = await openDesk();
    await answerAll(desk, 'Amal', () => 'one');
    const twice = desk.labels.filter(
      ({ pair }) => desk.labels.filter((other) => other.pair === pair).length === 2,
    );
    expect(twice).toHaveLength(4);
    for (const { pair } of twice) {
      const choices = desk.labels.filter((other) => other.pair === pair).map(({ choice }) => choice);
      expect(choices.sort()).toEqual(['first', 'second']);
    }
  });

  it('shows no more than the texts: not the pair, not the order, not that it comes again', async () => {
    const desk = await openDesk();
    const state = desk.stateOf('Amal');
    expect(Object.keys(state.showing ?? {}).sort()).toEqual(['answers', 'locale', 'prompt', 'step']);
  });

  it('goes on for each annotator where they were, after a new start too', async () => {
    const desk = await openDesk();
    const { showing } = desk.stateOf('Amal');
    const after = await desk.answer('Amal', showing?.step ?? -1, 'neither');
    expect(after.done).toBe(1);
    expect(desk.stateOf('Bassem').done).toBe(0);
    const again = await openDesk();
    expect(again.stateOf('Amal')).toEqual(after);
    expect(again.labels[0].choice).toBe('tie');
  });

  it('counts an answer once, however often it is sent, also at the same time', async () => {
    const desk = await openDesk();
    const states = await Promise.all([1, 2, 3].map(() => desk.answer('Amal', 0, 'one')));
    expect(states.map(({ done }) => done)).toEqual([1, 1, 1]);
    expect(lines()).toHaveLength(1);
  });

  it('refuses another answer to what has one, and keeps the first', async () => {
    const desk = await openDesk();
    const results = await Promise.allSettled([desk.answer('Amal', 0, 'one'), desk.answer('Amal', 0, 'two')]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await expect(desk.answer('Amal', 0, 'neither')).rejects.toMatchObject({ code: 'aborted' });
    expect(lines()).toHaveLength(1);
  });

  it('refuses an answer to a showing that the plan does not have', async () => {
    const desk = await openDesk();
    await expect(desk.answer('Amal', 12, 'one')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('takes answers back one by one, newest first, and asks them again', async () => {
    const desk = await openDesk();
    const start = desk.stateOf('Amal');
    const one = await desk.answer('Amal', 0, 'one');
    const two = await desk.answer('Amal', 1, 'two');
    await desk.answer('Bassem', 0, 'one');
    expect(two.done).toBe(2);
    expect(await desk.undo('Amal', 2)).toEqual(one);
    expect(await desk.undo('Amal', 1)).toEqual(start);
    expect(desk.labels.map(({ annotator }) => annotator)).toEqual(['Bassem']);
    expect(lines()).toHaveLength(1);
    expect(await desk.undo('Amal', 0)).toEqual(start);
  });

  it('takes nothing back for a page that is behind', async () => {
    const desk = await openDesk();
    await desk.answer('Amal', 0, 'one');
    await desk.answer('Amal', 1, 'one');
    await expect(desk.undo('Amal', 1)).rejects.toMatchObject({ code: 'aborted' });
    expect(lines()).toHaveLength(2);
  });
});
