import { shadowInForce } from '../../../../coordinator/control/shadow-in-force.js';
import type { ControlEvent, RecordedControlEvent } from '../../../../core/domain/run.js';
import { iterationRecord } from '../../../contract/ledger/ledger-harness.js';

type Asked = readonly [event: ControlEvent, effectiveAt?: number];

/** The candidate after these requests, in a run with three iterations under rubric a unless told. */
function after(asked: readonly Asked[], rubrics = ['a', 'a', 'a']): ReturnType<typeof shadowInForce> {
  const controls = asked.map(([event, effectiveAt], at): RecordedControlEvent => ({
    ...{ sequence: at + 1, event },
    ...(effectiveAt === undefined ? {} : { effectiveAt }),
  }));
  const iterations = rubrics.map((rubricHash, iteration) => iterationRecord(iteration, { rubricHash }));
  return shadowInForce({ policyVersions: [], iterations, controls });
}

const shadow = (rubricHash: string, iteration?: number): ControlEvent => ({
  ...{ kind: 'shadow_rubric', rubricHash },
  ...(iteration === undefined ? {} : { iteration }),
});
const stop = (rubricHash: string): ControlEvent => ({ kind: 'stop_shadow', rubricHash });
const swap = (rubricHash: string): ControlEvent => ({ kind: 'swap_rubric', rubricHash });

describe('the candidate of a run', () => {
  it('is none where none was asked for', () => {
    expect(after([[swap('b'), 1]])).toBeUndefined();
  });

  it('is the last that was asked for, from where it took effect', () => {
    expect(after([[shadow('b'), 1]])).toEqual({ rubricHash: 'b', effectiveAt: 1 });
    expect(after([[shadow('b'), 1], [shadow('c')]])).toEqual({ rubricHash: 'c' });
  });

  it('is one that begins later only where there is none now', () => {
    expect(after([[shadow('c', 9)]])).toEqual({ rubricHash: 'c', iteration: 9 });
    expect(after([[shadow('b'), 1], [shadow('c', 9)]])).toMatchObject({ rubricHash: 'b' });
    expect(after([[shadow('b'), 1], [shadow('c', 9)], [stop('b')]])).toMatchObject({ rubricHash: 'c' });
  });

  it('is none any more once its end was asked for, and keeps on when that of another was', () => {
    expect(after([[shadow('b'), 1], [stop('b')]])).toBeUndefined();
    expect(
      after([
        [shadow('b'), 1],
        [stop('c'), 2],
      ]),
    ).toMatchObject({ rubricHash: 'b' });
  });

  it('is none any more once it was in force, also where another followed', () => {
    const asked: Asked[] = [
      [shadow('b'), 1],
      [swap('b'), 2],
    ];
    expect(after(asked, ['a', 'a', 'b'])).toBeUndefined();
    expect(after(asked, ['a', 'a'])).toBeUndefined();
    expect(after([...asked, [swap('c'), 3]], ['a', 'a', 'b', 'c'])).toBeUndefined();
    expect(
      after(
        [
          [shadow('b'), 1],
          [swap('c'), 2],
        ],
        ['a', 'a', 'c'],
      ),
    ).toMatchObject({ rubricHash: 'b' });
  });
});
