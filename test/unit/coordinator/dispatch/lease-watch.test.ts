import { LeaseWatch } from '../../../../coordinator/dispatch/lease-watch.js';

const limitMs = 100;

describe('LeaseWatch', () => {
  it('counts from when a task must have left the queue, the first issued first', () => {
    const watch = new LeaseWatch();
    expect(watch.overdue(['a', 'b', 'c'], 3, { now: 0, limitMs })).toEqual([]);
    expect(watch.overdue(['a', 'b', 'c'], 2, { now: 500, limitMs })).toEqual([]);
    expect(watch.overdue(['a', 'b', 'c'], 1, { now: 550, limitMs })).toEqual([]);
    expect(watch.overdue(['a', 'b', 'c'], 1, { now: 600, limitMs })).toEqual(['a']);
    expect(watch.overdue(['a', 'b', 'c'], 1, { now: 650, limitMs })).toEqual(['a', 'b']);
  });

  it('starts again for a task that is on its way again', () => {
    const watch = new LeaseWatch();
    watch.overdue(['a'], 0, { now: 0, limitMs });
    watch.forget('a');
    expect(watch.overdue(['a'], 0, { now: 100, limitMs })).toEqual([]);
    expect(watch.overdue(['a'], 0, { now: 200, limitMs })).toEqual(['a']);
  });
});
