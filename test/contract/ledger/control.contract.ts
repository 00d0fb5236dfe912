import { CONTROL_STATES } from '../../../core/domain/run-state.js';
import type { ControlKind, RunState } from '../../../core/domain/run-state.js';
import type { ControlEvent } from '../../../core/domain/run.js';
import type { CurrentHarness } from './ledger-harness.js';
import { newRun } from './ledger-harness.js';

const EVENTS: Readonly<Record<ControlKind, ControlEvent>> = {
  pause: { kind: 'pause', reason: 'lunch' },
  resume: { kind: 'resume' },
  cancel: { kind: 'cancel', reason: 'enough' },
  swap_rubric: { kind: 'swap_rubric', rubricHash: 'rubric-b' },
  roll_back: { kind: 'roll_back', to: { policyVersion: 3 } },
  shadow_rubric: { kind: 'shadow_rubric', rubricHash: 'rubric-b' },
  stop_shadow: { kind: 'stop_shadow', rubricHash: 'rubric-b', reason: 'enough seen' },
};

const WAYS: Readonly<Record<RunState, readonly RunState[]>> = {
  queued: [],
  running: ['running'],
  pausing: ['running', 'pausing'],
  paused: ['running', 'paused'],
  completed: ['running', 'completed'],
  failed: ['running', 'failed'],
  cancelled: ['cancelled'],
};

/** What a request changes at once; everything else waits for an iteration boundary. */
const AT_ONCE: Readonly<Partial<Record<string, RunState>>> = {
  'pause of running': 'pausing',
  'resume of pausing': 'running',
  'cancel of queued': 'cancelled',
  'cancel of failed': 'cancelled',
};

const KINDS = Object.keys(EVENTS) as ControlKind[];
const STATES = Object.keys(WAYS) as RunState[];

/** What people ask of runs. */
export function describeControl(harness: CurrentHarness): void {
  describe('control events', () => {
    it.each(KINDS)('of kind %s are taken or refused as the table of states says', async (kind) => {
      const { ledger } = harness();
      const taken: readonly RunState[] = CONTROL_STATES[kind];
      for (const state of STATES) {
        const run = `as ${state}`;
        await ledger.createRun({ ...newRun, id: run });
        for (const step of WAYS[state]) await ledger.setRunState(run, step);
        const [request] = await Promise.allSettled([ledger.requestControl(run, EVENTS[kind])]);
        const message = expect.stringMatching(`is ${state} .*${kind}.* when it is ${taken.join(', ')}$`);
        const refused = { status: 'rejected', reason: { code: 'failed_precondition', message } };
        const accepted = { status: 'fulfilled', value: { sequence: 1, event: EVENTS[kind] } };
        expect(request).toMatchObject(taken.includes(state) ? accepted : refused);
        expect(await ledger.controlEvents(run)).toHaveLength(taken.includes(state) ? 1 : 0);
        expect((await ledger.getRun(run))?.state).toBe(AT_ONCE[`${kind} of ${state}`] ?? state);
      }
    });

    it('are numbered from 1 for each run, and come back in order', async () => {
      const { ledger } = harness();
      await ledger.createRun({ ...newRun, id: 'run-2' });
      const swap = { kind: 'swap_rubric', rubricHash: 'rubric-b', iteration: 4 } as const;
      const cancel = { kind: 'cancel', iteration: 4 } as const;
      expect((await ledger.requestControl('run-1', swap)).sequence).toBe(1);
      expect((await ledger.requestControl('run-2', cancel)).sequence).toBe(1);
      expect((await ledger.requestControl('run-1', cancel)).sequence).toBe(2);
      expect(await ledger.controlEvents('run-1')).toEqual([
        { sequence: 1, event: swap },
        { sequence: 2, event: cancel },
      ]);
    });

    it('keep who paused a run and why as the reason of its state', async () => {
      const { ledger } = harness();
      await ledger.setRunState('run-1', 'running');
      await ledger.requestControl('run-1', EVENTS.pause);
      expect(await ledger.getRun('run-1')).toMatchObject({ state: 'pausing', reason: 'lunch' });
      await ledger.requestControl('run-1', EVENTS.resume);
      expect(await ledger.getRun('run-1')).not.toHaveProperty('reason');
    });

    it('leave a queued run queued when they ask to cancel it at a later iteration', async () => {
      await harness().ledger.requestControl('run-1', { kind: 'cancel', iteration: 3 });
      expect((await harness().ledger.getRun('run-1'))?.state).toBe('queued');
    });

    it('are stamped once with the iteration from which they are in force', async () => {
      const { ledger } = harness();
      await ledger.setRunState('run-1', 'running');
      for (const kind of ['swap_rubric', 'roll_back', 'swap_rubric'] as const) {
        await ledger.requestControl('run-1', EVENTS[kind]);
      }
      await ledger.stampControl('run-1', [1, 2], 4);
      await ledger.stampControl('run-1', [2], 4);
      const again = ledger.stampControl('run-1', [3, 2], 5);
      await expect(again).rejects.toMatchObject({ code: 'already_exists' });
      await expect(ledger.stampControl('run-1', [9], 4)).rejects.toMatchObject({ code: 'not_found' });
      const stamped = (await ledger.controlEvents('run-1')).map(({ effectiveAt }) => effectiveAt);
      expect(stamped).toEqual([4, 4, undefined]);
    });
  });
}
