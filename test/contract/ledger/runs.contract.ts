import type { RunState } from '../../../core/domain/run-state.js';
import { RUN_TRANSITIONS } from '../../../core/domain/run-state.js';
import type { CurrentHarness } from './ledger-harness.js';
import { iterationEnd, newRun } from './ledger-harness.js';

/** How a queued run comes to each state. */
const WAYS: Readonly<Record<RunState, readonly RunState[]>> = {
  queued: [],
  running: ['running'],
  pausing: ['running', 'pausing'],
  paused: ['running', 'pausing', 'paused'],
  completed: ['running', 'completed'],
  failed: ['failed'],
  cancelled: ['cancelled'],
};
const STATES = Object.keys(WAYS) as RunState[];

/** Runs, their states and their epochs. */
export function describeRuns(harness: CurrentHarness): void {
  describe('runs', () => {
    it('start as queued, in epoch 0, stamped by the clock', async () => {
      const created = await harness().ledger.createRun({ ...newRun, id: 'run-2' });
      expect(created).toEqual({
        ...newRun,
        id: 'run-2',
        state: 'queued',
        epoch: 0,
        createdAtMs: harness().nowMs,
      });
      expect(await harness().ledger.getRun('run-2')).toEqual(created);
    });

    it('are created once: the same again gives back what is stored, another is refused', async () => {
      await harness().ledger.setRunState('run-1', 'running');
      expect((await harness().ledger.createRun(newRun)).state).toBe('running');
      for (const changes of [{ name: 'other' }, { fingerprints: {} }, { config: '{}' }]) {
        const other = harness().ledger.createRun({ ...newRun, ...changes });
        await expect(other).rejects.toMatchObject({ code: 'already_exists' });
      }
      expect((await harness().ledger.getRun('run-1'))?.name).toBe('quickstart');
    });

    it('are listed in the order of their creation', async () => {
      await harness().ledger.createRun({ ...newRun, id: 'run-0' });
      expect((await harness().ledger.listRuns()).map(({ id }) => id)).toEqual(['run-0', 'run-1']);
    });

    it('get an epoch that only rises', async () => {
      expect(await harness().ledger.beginEpoch('run-1')).toBe(1);
      expect(await harness().ledger.beginEpoch('run-1')).toBe(2);
      expect((await harness().ledger.getRun('run-1'))?.epoch).toBe(2);
    });

    it('keep why they failed until they run again', async () => {
      await harness().ledger.setRunState('run-1', 'failed', 'KL exploded');
      await harness().ledger.setRunState('run-1', 'failed');
      expect(await harness().ledger.getRun('run-1')).toMatchObject({
        state: 'failed',
        reason: 'KL exploded',
      });
      await harness().ledger.setRunState('run-1', 'running');
      expect(await harness().ledger.getRun('run-1')).not.toHaveProperty('reason');
    });

    it.each(STATES)('go from %s only where the table of states says so', async (from) => {
      const { ledger } = harness();
      for (const to of STATES) {
        const run = `to ${to}`;
        await ledger.createRun({ ...newRun, id: run });
        for (const state of WAYS[from]) await ledger.setRunState(run, state);
        const allowed = from === to || RUN_TRANSITIONS[from].includes(to);
        const [change] = await Promise.allSettled([ledger.setRunState(run, to)]);
        const message = expect.stringContaining(`run ${run} is ${from} and cannot become ${to}`);
        const refused = { status: 'rejected', reason: { code: 'failed_precondition', message } };
        expect(change).toMatchObject(allowed ? { status: 'fulfilled' } : refused);
        expect((await ledger.getRun(run))?.state).toBe(allowed ? to : from);
      }
    });

    it('that nobody created are undefined to a question and not_found to a change', async () => {
      expect(await harness().ledger.getRun('nobody')).toBeUndefined();
      const changes = [
        harness().ledger.beginEpoch('nobody'),
        harness().ledger.setRunState('nobody', 'failed'),
        harness().ledger.requestControl('nobody', { kind: 'cancel', iteration: 1 }),
        harness().ledger.issueTasks('nobody', []),
        harness().ledger.recordPreferences('nobody', []),
        harness().ledger.completeIteration('nobody', iterationEnd(0)),
        harness().ledger.recordAlarm('nobody', 'kind', 'message'),
        harness().ledger.endTasks('nobody', [], 'dropped'),
        harness().ledger.stampControl('nobody', [], 0),
        harness().ledger.events('nobody', 0, 1),
        harness().ledger.checkpoints('nobody'),
        harness().ledger.dropOpenTasks('nobody'),
        harness().ledger.tasks('nobody'),
        harness().ledger.task('nobody', 'a'),
        harness().ledger.taskCount('nobody'),
        harness().ledger.outstandingTasks('nobody'),
      ];
      for (const change of await Promise.allSettled(changes)) {
        expect(change).toMatchObject({ status: 'rejected', reason: { code: 'not_found' } });
      }
    });
  });
}
