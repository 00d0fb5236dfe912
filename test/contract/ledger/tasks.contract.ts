import type { CurrentHarness } from './ledger-harness.js';
import { accept, iterationEnd, keys, newRun } from './ledger-harness.js';

/** Tasks, their first results and their ends. */
export function describeTasks(harness: CurrentHarness): void {
  describe('tasks', () => {
    const task = (id: string, iteration = 0, issue = 1, deadlineMs = 1000 * issue) => ({
      id,
      iteration,
      issue,
      deadlineMs,
    });
    const result = (taskId: string, payloadHash = `payload of ${taskId}`, iteration = 0) => ({
      taskId,
      iteration,
      payloadHash,
    });

    it('are outstanding from their issue to their first result', async () => {
      await harness().ledger.issueTasks('run-1', [task('b', 1), task('c'), task('a')]);
      expect(await harness().ledger.outstandingTasks('run-1')).toEqual([task('a'), task('c'), task('b', 1)]);
      expect(await accept(harness().ledger, result('a'))).toBe('accepted');
      expect(await harness().ledger.outstandingTasks('run-1')).toEqual([task('c'), task('b', 1)]);
    });

    it('keep their highest issue number and stay outstanding when they are issued again', async () => {
      await harness().ledger.issueTasks('run-1', [task('a')]);
      await harness().ledger.issueTasks('run-1', [task('a', 0, 3)]);
      await harness().ledger.issueTasks('run-1', [task('a', 0, 2)]);
      expect(await harness().ledger.outstandingTasks('run-1')).toEqual([task('a', 0, 3)]);
    });

    it('do not become outstanding again when they are issued after their result', async () => {
      await harness().ledger.issueTasks('run-1', [task('a')]);
      await accept(harness().ledger, result('a'));
      await harness().ledger.issueTasks('run-1', [task('a', 0, 2)]);
      expect(await harness().ledger.outstandingTasks('run-1')).toEqual([]);
    });

    it('are named by iteration and id: one id in two iterations is two tasks', async () => {
      await harness().ledger.issueTasks('run-1', [task('a'), task('a', 1, 2), task('a', 2)]);
      expect(await accept(harness().ledger, result('a', 'p', 1))).toBe('accepted');
      expect(await harness().ledger.outstandingTasks('run-1')).toEqual([task('a'), task('a', 2)]);
      await harness().ledger.endTasks('run-1', [{ iteration: 2, id: 'a' }], 'dropped');
      expect(await harness().ledger.outstandingTasks('run-1')).toEqual([task('a')]);
      expect(await harness().ledger.task('run-1', 'a')).toEqual({ ...task('a', 2), state: 'dropped' });
      expect(await harness().ledger.results('run-1', 1)).toEqual([result('a', 'p', 1)]);
    });

    it('take the first result: the same again is a duplicate, another payload a conflict that changes nothing', async () => {
      await harness().ledger.issueTasks('run-1', [task('a')]);
      expect(await accept(harness().ledger, result('a', 'first'))).toBe('accepted');
      expect(await accept(harness().ledger, result('a', 'first'))).toBe('duplicate');
      expect(await accept(harness().ledger, result('a', 'second'))).toBe('conflict');
      expect(await harness().ledger.results('run-1', 0)).toEqual([result('a', 'first')]);
    });

    it('take one of many results that arrive together, in calls of their own or in one', async () => {
      await harness().ledger.issueTasks('run-1', [task('a'), task('b')]);
      const outcomes = await Promise.all(
        ['x', 'y', 'x', 'z'].map((payload) => accept(harness().ledger, result('a', payload))),
      );
      expect(outcomes).toEqual(['accepted', 'conflict', 'duplicate', 'conflict']);
      const inOne = ['y', 'x', 'y', 'z'].map((payload) => result('b', payload));
      expect(await harness().ledger.acceptResults('run-1', inOne)).toEqual([
        ...['accepted', 'conflict', 'duplicate', 'conflict'],
      ]);
      expect(await harness().ledger.results('run-1', 0)).toEqual([result('a', 'x'), result('b', 'y')]);
    });

    it('take every result of many that arrive together, and tell apart the one that is no news', async () => {
      const ids = Array.from({ length: 12 }, (_, at) => `t${String(at).padStart(2, '0')}`);
      await harness().ledger.issueTasks(
        'run-1',
        ids.map((id) => task(id)),
      );
      const acceptAll = (some: readonly string[]) =>
        harness().ledger.acceptResults(
          'run-1',
          some.map((id) => result(id, `of ${id}`)),
        );
      expect(new Set(await acceptAll(ids.slice(0, 6)))).toEqual(new Set(['accepted']));
      const mixed = await acceptAll(['t06', 't07', 't00', 't08', 'nobody', 't09', 't06']);
      expect(mixed).toEqual([
        ...['accepted', 'accepted', 'duplicate', 'accepted', 'unknown_task', 'accepted', 'duplicate'],
      ]);
      expect(await acceptAll([])).toEqual([]);
      expect(await harness().ledger.results('run-1', 0)).toEqual(
        ids.slice(0, 10).map((id) => result(id, `of ${id}`)),
      );
      expect(await harness().ledger.outstandingTasks('run-1')).toEqual(ids.slice(10).map((id) => task(id)));
    });

    it('that were never issued are unknown: by id, by iteration or by run', async () => {
      await harness().ledger.createRun({ ...newRun, id: 'run-2' });
      await harness().ledger.issueTasks('run-1', [task('a')]);
      expect(await accept(harness().ledger, result('b'))).toBe('unknown_task');
      expect(await accept(harness().ledger, result('a', 'p', 1))).toBe('unknown_task');
      expect(await accept(harness().ledger, result('a'), 'run-2')).toBe('unknown_task');
      expect(await accept(harness().ledger, result('a'), 'nobody')).toBe('unknown_task');
      expect(await harness().ledger.outstandingTasks('run-1')).toHaveLength(1);
    });

    it('give back the results of an iteration in the order of task ids, whatever the order of arrival', async () => {
      await harness().ledger.issueTasks('run-1', [task('a'), task('b'), task('c'), task('d', 1)]);
      for (const id of ['c', 'a', 'b']) await accept(harness().ledger, result(id));
      await accept(harness().ledger, result('d', 'p', 1));
      expect((await harness().ledger.results('run-1', 0)).map(({ taskId }) => taskId)).toEqual([
        'a',
        'b',
        'c',
      ]);
      expect((await harness().ledger.results('run-1', 1)).map(({ taskId }) => taskId)).toEqual(['d']);
    });

    it('are due when their highest issue says so, however late an earlier issue is told', async () => {
      await harness().ledger.issueTasks('run-1', [task('a', 0, 1, 100)]);
      await harness().ledger.issueTasks('run-1', [task('a', 0, 2, 200)]);
      await harness().ledger.issueTasks('run-1', [task('a', 0, 1, 900)]);
      expect(await harness().ledger.outstandingTasks('run-1')).toEqual([task('a', 0, 2, 200)]);
      await harness().ledger.issueTasks('run-1', [task('a', 0, 2, 300)]);
      expect(await harness().ledger.outstandingTasks('run-1')).toEqual([task('a', 0, 2, 300)]);
    });

    it('are each in one state, listed by iteration and id', async () => {
      await harness().ledger.issueTasks(
        'run-1',
        ['e', 'd', 'c', 'b', 'a'].map((id) => task(id)),
      );
      for (const id of ['b', 'c', 'd']) await accept(harness().ledger, result(id));
      await harness().ledger.completeIteration('run-1', { ...iterationEnd(0), consumed: keys('c') });
      await harness().ledger.endTasks('run-1', keys('d'), 'dropped');
      await harness().ledger.endTasks('run-1', keys('e'), 'dead_lettered');
      expect(await harness().ledger.tasks('run-1')).toEqual([
        { ...task('a'), state: 'outstanding' },
        { ...task('b'), state: 'accepted' },
        { ...task('c'), state: 'consumed' },
        { ...task('d'), state: 'dropped' },
        { ...task('e'), state: 'dead_lettered' },
      ]);
    });

    it('are found one by one, and counted', async () => {
      await harness().ledger.issueTasks('run-1', [task('a'), task('b', 1, 2)]);
      await accept(harness().ledger, result('a'));
      expect(await harness().ledger.task('run-1', 'a')).toEqual({ ...task('a'), state: 'accepted' });
      expect(await harness().ledger.task('run-1', 'b')).toEqual({ ...task('b', 1, 2), state: 'outstanding' });
      expect(await harness().ledger.task('run-1', 'c')).toBeUndefined();
      expect(await harness().ledger.taskCount('run-1')).toBe(2);
    });

    it('that have not ended are dropped together', async () => {
      await harness().ledger.issueTasks('run-1', [task('a'), task('b'), task('c'), task('d')]);
      for (const id of ['b', 'c']) await accept(harness().ledger, result(id));
      await harness().ledger.completeIteration('run-1', { ...iterationEnd(0), consumed: keys('c') });
      await harness().ledger.endTasks('run-1', keys('d'), 'dead_lettered');
      expect(await harness().ledger.dropOpenTasks('run-1')).toBe(2);
      const states = (await harness().ledger.tasks('run-1')).map(({ state }) => state);
      expect(states).toEqual(['dropped', 'dropped', 'consumed', 'dead_lettered']);
    });

    it('stay as they ended, and take no result after that', async () => {
      await harness().ledger.issueTasks('run-1', [task('a'), task('b'), task('c')]);
      for (const id of ['a', 'c']) await accept(harness().ledger, result(id));
      await harness().ledger.completeIteration('run-1', { ...iterationEnd(0), consumed: keys('a') });
      await harness().ledger.endTasks('run-1', keys('a', 'b', 'c'), 'dropped');
      await harness().ledger.endTasks('run-1', keys('a', 'b', 'c'), 'dead_lettered');
      await harness().ledger.issueTasks('run-1', [task('b', 0, 2)]);
      expect(await accept(harness().ledger, result('b'))).toBe('unknown_task');
      expect(await accept(harness().ledger, result('c'))).toBe('duplicate');
      expect(await accept(harness().ledger, result('c', 'other'))).toBe('conflict');
      const states = (await harness().ledger.tasks('run-1')).map(({ state }) => state);
      expect(states).toEqual(['consumed', 'dropped', 'dropped']);
      expect(await harness().ledger.outstandingTasks('run-1')).toEqual([]);
    });

    it('give no result once they are dropped', async () => {
      await harness().ledger.issueTasks('run-1', [task('a'), task('b')]);
      for (const id of ['a', 'b']) await accept(harness().ledger, result(id));
      await harness().ledger.endTasks('run-1', keys('a'), 'dropped');
      expect(await harness().ledger.results('run-1', 0)).toEqual([result('b')]);
    });

    it('that nobody issued cannot be ended, and then none of the call is', async () => {
      await harness().ledger.issueTasks('run-1', [task('a')]);
      const ending = harness().ledger.endTasks('run-1', keys('a', 'nobody'), 'dropped');
      await expect(ending).rejects.toMatchObject({ code: 'not_found' });
      expect(await harness().ledger.outstandingTasks('run-1')).toHaveLength(1);
    });
  });
}
