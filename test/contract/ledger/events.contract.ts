import type { RunEvent } from '../../../core/domain/run.js';
import type { CurrentHarness } from './ledger-harness.js';
import { iterationEnd, newRun } from './ledger-harness.js';

/** What happened to a run, and the notice of it. */
export function describeEvents(harness: CurrentHarness): void {
  describe('the events of a run', () => {
    const metrics = { kl: Number.NaN, reward: 0.5 };

    async function everything(): Promise<void> {
      const { ledger } = harness();
      await ledger.beginEpoch('run-1');
      await ledger.setRunState('run-1', 'running');
      await ledger.requestControl('run-1', { kind: 'pause', reason: 'lunch' });
      await ledger.stampControl('run-1', [1], 1);
      await ledger.completeIteration('run-1', iterationEnd(0, { metrics }));
      await ledger.recordAlarm('run-1', 'entropy', 'it fell');
    }

    it('tell all that happened, in order, numbered from 1 and stamped by the clock', async () => {
      await everything();
      const events = await harness().ledger.events('run-1', 0, 100);
      const control = { sequence: 1, event: { kind: 'pause', reason: 'lunch' } };
      const iteration = { iteration: 0, policyVersion: 1, policyHash: 'h1', rubricHash: 'rubric-a', metrics };
      expect(events.map(({ payload }) => payload)).toEqual([
        { kind: 'state_changed', state: 'queued' },
        { kind: 'epoch_began', epoch: 1 },
        { kind: 'state_changed', state: 'running' },
        { kind: 'control_requested', control },
        { kind: 'state_changed', state: 'pausing', reason: 'lunch' },
        { kind: 'control_took_effect', control: { ...control, effectiveAt: 1 } },
        { kind: 'iteration_finished', ...iteration },
        { kind: 'alarm', alarm: 'entropy', message: 'it fell' },
      ]);
      expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      expect(new Set(events.map(({ run, atMs }) => `${run} ${atMs}`))).toEqual(
        new Set([`run-1 ${harness().nowMs}`]),
      );
    });

    it('are not added to by what is done again or refused', async () => {
      await everything();
      const { ledger } = harness();
      const before = await ledger.events('run-1', 0, 100);
      await ledger.createRun(newRun);
      await ledger.setRunState('run-1', 'pausing', 'still lunch');
      await ledger.stampControl('run-1', [1], 1);
      await ledger.completeIteration('run-1', iterationEnd(0, { metrics }));
      const refusals = [ledger.setRunState('run-1', 'queued'), ledger.stampControl('run-1', [1], 2)];
      for (const refused of refusals) await expect(refused).rejects.toBeDefined();
      expect(await ledger.events('run-1', 0, 100)).toEqual(before);
    });

    it('tell what a candidate rubric made of an iteration once, after the iteration itself', async () => {
      const { ledger } = harness();
      const figures = { 'shadow/agreement': Number.NaN, 'shadow/scores': 1 };
      const difference = {
        taskId: 't',
        index: 1,
        promptId: 'p',
        prompt: 'إزيك؟',
        answer: "it's",
        active: 0.1,
      };
      const shadow = {
        ...{ rubricId: 'ar', rubricHash: 'b', rewardModelHash: 'm', metrics: figures },
        differences: [{ ...difference, shadow: -0.2 }],
      };
      for (let round = 0; round < 2; round += 1) {
        await ledger.completeIteration('run-1', { ...iterationEnd(4), shadow });
      }
      const events = await ledger.events('run-1', 1, 100);
      expect(events.map(({ payload }) => payload)).toEqual([
        expect.objectContaining({ kind: 'iteration_finished', iteration: 4 }),
        { kind: 'shadow_scored', iteration: 4, ...shadow },
      ]);
    });

    it('come in pages that leave none out', async () => {
      await everything();
      const { ledger } = harness();
      const pages: RunEvent[][] = [];
      for (let after = 0; ;) {
        const page = await ledger.events('run-1', after, 3);
        if (page.length === 0) break;
        pages.push([...page]);
        after = page.at(-1)?.sequence ?? 0;
      }
      expect(pages.map((page) => page.map(({ sequence }) => sequence))).toEqual([
        [1, 2, 3],
        [4, 5, 6],
        [7, 8],
      ]);
    });

    it('are told of after their commit to who listens to that run, until it stops', async () => {
      const { ledger } = harness();
      await ledger.createRun({ ...newRun, id: 'run-2' });
      let told = 0;
      let other = 0;
      const seen: Promise<number>[] = [];
      const stop = ledger.onEvents('run-1', () => {
        told += 1;
        seen.push(ledger.events('run-1', 0, 100).then((events) => events.length));
      });
      ledger.onEvents('run-2', () => (other += 1));
      await ledger.setRunState('run-1', 'running');
      await ledger.getRun('run-1');
      expect(told).toBe(1);
      await ledger.setRunState('run-1', 'running');
      await ledger.setRunState('run-1', 'queued').catch(() => undefined);
      await ledger.getRun('run-1');
      expect(told).toBe(1);
      await ledger.recordAlarm('run-1', 'a', 'b');
      await ledger.getRun('run-1');
      stop();
      await ledger.recordAlarm('run-1', 'a', 'c');
      await ledger.getRun('run-1');
      expect(await Promise.all(seen)).toEqual([2, 3]);
      expect(other).toBe(0);
    });
  });
}
