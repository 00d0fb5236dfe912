import type { Preference } from '../../core/domain/preference.js';
import type { IterationRecord, Ledger } from '../../core/ledger/ledger.js';

/** What an adapter's test supplies: an empty ledger, and a clock that stands at this time. */
export interface LedgerHarness {
  readonly ledger: Ledger;
  readonly nowMs: number;
  close(): Promise<void>;
}

const newRun = {
  id: 'run-1',
  name: 'quickstart',
  seed: 2 ** 53 - 1,
  config: '{"a":"ع"}',
  configHash: 'c0ffee',
};

function preference(pairId: string, changes: Partial<Preference> = {}): Preference {
  const prompt = { id: `prompt of ${pairId}`, locale: 'ar-EG', text: 'إزيك؟', category: 'greetings' };
  return {
    pair: { id: pairId, prompt, first: 'الحمد لله', second: "it's fine" },
    rubricHash: 'rubric-a',
    probabilityFirst: 0.1 + 0.2,
    weight: 1 / 3,
    excludedVerdicts: 1,
    ...changes,
  };
}

function iterationRecord(iteration: number, changes: Partial<IterationRecord> = {}): IterationRecord {
  return {
    iteration,
    policyVersion: iteration + 1,
    rubricHash: 'rubric-a',
    rewardModelHash: 'reward-a',
    inputsHash: `inputs-${iteration}`,
    metrics: { 'objective/kl': 0.1 + 0.2, 'policy/entropy': -0 },
    ...changes,
  };
}

/** The promises of `Ledger`, for every adapter. */
export function describeLedger(name: string, make: () => Promise<LedgerHarness>): void {
  describe(`${name} keeps the promises of a ledger:`, () => {
    let harness: LedgerHarness;
    let ledger: Ledger;

    beforeEach(async () => {
      harness = await make();
      ledger = harness.ledger;
      await ledger.createRun(newRun);
    });

    afterEach(async () => {
      await harness.close();
    });

    describe('runs', () => {
      it('start as running, in epoch 0, stamped by the clock', async () => {
        const created = await ledger.createRun({ ...newRun, id: 'run-2' });
        expect(created).toEqual({
          ...newRun,
          id: 'run-2',
          state: 'running',
          epoch: 0,
          createdAtMs: harness.nowMs,
        });
        expect(await ledger.getRun('run-2')).toEqual(created);
      });

      it('are created once', async () => {
        await expect(ledger.createRun({ ...newRun, name: 'other' })).rejects.toMatchObject({
          code: 'already_exists',
        });
        expect((await ledger.getRun('run-1'))?.name).toBe('quickstart');
      });

      it('are listed in the order of their creation', async () => {
        await ledger.createRun({ ...newRun, id: 'run-0' });
        expect((await ledger.listRuns()).map(({ id }) => id)).toEqual(['run-0', 'run-1']);
      });

      it('get an epoch that only rises', async () => {
        expect(await ledger.beginEpoch('run-1')).toBe(1);
        expect(await ledger.beginEpoch('run-1')).toBe(2);
        expect((await ledger.getRun('run-1'))?.epoch).toBe(2);
      });

      it('keep why they failed until they run again', async () => {
        await ledger.setRunState('run-1', 'failed', 'KL exploded');
        expect(await ledger.getRun('run-1')).toMatchObject({ state: 'failed', failure: 'KL exploded' });
        await ledger.setRunState('run-1', 'running');
        expect(await ledger.getRun('run-1')).not.toHaveProperty('failure');
      });

      it('that nobody created are undefined to a question and not_found to a change', async () => {
        expect(await ledger.getRun('nobody')).toBeUndefined();
        const changes = [
          ledger.beginEpoch('nobody'),
          ledger.setRunState('nobody', 'failed'),
          ledger.appendControlEvent('nobody', { kind: 'cancel', iteration: 1 }),
          ledger.issueTasks('nobody', []),
          ledger.recordPreferences('nobody', []),
          ledger.recordIteration('nobody', iterationRecord(0)),
          ledger.outstandingTasks('nobody'),
        ];
        for (const change of await Promise.allSettled(changes)) {
          expect(change).toMatchObject({ status: 'rejected', reason: { code: 'not_found' } });
        }
      });
    });

    it('numbers control events from 1 and gives them back in order', async () => {
      await ledger.createRun({ ...newRun, id: 'run-2' });
      const swap = { kind: 'swap_rubric', rubricHash: 'rubric-b', iteration: 4 } as const;
      const cancel = { kind: 'cancel', iteration: 4 } as const;
      expect(await ledger.appendControlEvent('run-1', swap)).toBe(1);
      expect(await ledger.appendControlEvent('run-2', cancel)).toBe(1);
      expect(await ledger.appendControlEvent('run-1', cancel)).toBe(2);
      expect(await ledger.controlEvents('run-1')).toEqual([swap, cancel]);
    });

    describe('tasks', () => {
      const task = (id: string, iteration = 0, issue = 1) => ({ id, iteration, issue });
      const result = (taskId: string, payloadHash = `payload of ${taskId}`, iteration = 0) => ({
        taskId,
        iteration,
        payloadHash,
      });

      it('are outstanding from their issue to their first result', async () => {
        await ledger.issueTasks('run-1', [task('b', 1), task('c'), task('a')]);
        expect(await ledger.outstandingTasks('run-1')).toEqual([task('a'), task('c'), task('b', 1)]);
        expect(await ledger.acceptResult('run-1', result('a'))).toBe('accepted');
        expect(await ledger.outstandingTasks('run-1')).toEqual([task('c'), task('b', 1)]);
      });

      it('keep their highest issue number and stay outstanding when they are issued again', async () => {
        await ledger.issueTasks('run-1', [task('a')]);
        await ledger.issueTasks('run-1', [task('a', 0, 3)]);
        await ledger.issueTasks('run-1', [task('a', 0, 2)]);
        expect(await ledger.outstandingTasks('run-1')).toEqual([task('a', 0, 3)]);
      });

      it('do not become outstanding again when they are issued after their result', async () => {
        await ledger.issueTasks('run-1', [task('a')]);
        await ledger.acceptResult('run-1', result('a'));
        await ledger.issueTasks('run-1', [task('a', 0, 2)]);
        expect(await ledger.outstandingTasks('run-1')).toEqual([]);
      });

      it('belong to one iteration, and a batch that says otherwise is refused whole', async () => {
        await ledger.issueTasks('run-1', [task('a')]);
        const moved = ledger.issueTasks('run-1', [task('new', 1), task('a', 1)]);
        await expect(moved).rejects.toMatchObject({ code: 'already_exists' });
        expect(await ledger.outstandingTasks('run-1')).toEqual([task('a')]);
      });

      it('take the first result: the same again is a duplicate, another payload a conflict that changes nothing', async () => {
        await ledger.issueTasks('run-1', [task('a')]);
        expect(await ledger.acceptResult('run-1', result('a', 'first'))).toBe('accepted');
        expect(await ledger.acceptResult('run-1', result('a', 'first'))).toBe('duplicate');
        expect(await ledger.acceptResult('run-1', result('a', 'second'))).toBe('conflict');
        expect(await ledger.results('run-1', 0)).toEqual([result('a', 'first')]);
      });

      it('take one of many results that arrive together', async () => {
        await ledger.issueTasks('run-1', [task('a')]);
        const outcomes = await Promise.all(
          ['x', 'y', 'x', 'z'].map((payload) => ledger.acceptResult('run-1', result('a', payload))),
        );
        expect(outcomes).toEqual(['accepted', 'conflict', 'duplicate', 'conflict']);
        expect(await ledger.results('run-1', 0)).toEqual([result('a', 'x')]);
      });

      it('that were never issued are unknown: by id, by iteration or by run', async () => {
        await ledger.createRun({ ...newRun, id: 'run-2' });
        await ledger.issueTasks('run-1', [task('a')]);
        expect(await ledger.acceptResult('run-1', result('b'))).toBe('unknown_task');
        expect(await ledger.acceptResult('run-1', result('a', 'p', 1))).toBe('unknown_task');
        expect(await ledger.acceptResult('run-2', result('a'))).toBe('unknown_task');
        expect(await ledger.acceptResult('nobody', result('a'))).toBe('unknown_task');
        expect(await ledger.outstandingTasks('run-1')).toHaveLength(1);
      });

      it('give back the results of an iteration in the order of task ids, whatever the order of arrival', async () => {
        await ledger.issueTasks('run-1', [task('a'), task('b'), task('c'), task('d', 1)]);
        for (const id of ['c', 'a', 'b']) await ledger.acceptResult('run-1', result(id));
        await ledger.acceptResult('run-1', result('d', 'p', 1));
        expect((await ledger.results('run-1', 0)).map(({ taskId }) => taskId)).toEqual(['a', 'b', 'c']);
        expect((await ledger.results('run-1', 1)).map(({ taskId }) => taskId)).toEqual(['d']);
      });
    });

    describe('preferences', () => {
      it('come back exactly, in the order in which they were recorded', async () => {
        const prompt = { id: 'p', locale: 'ko-KR', text: '안녕' };
        const bare = preference('a', { pair: { id: 'a', prompt, first: '', second: ' ' } });
        await ledger.recordPreferences('run-1', [preference('z'), bare]);
        await ledger.recordPreferences('run-1', [preference('m')]);
        expect(await ledger.preferences('run-1')).toEqual([preference('z'), bare, preference('m')]);
      });

      it('are recorded once per pair and rubric; the same again changes nothing', async () => {
        await ledger.recordPreferences('run-1', [preference('a')]);
        await ledger.recordPreferences('run-1', [
          preference('a'),
          preference('a', { rubricHash: 'rubric-b' }),
        ]);
        expect((await ledger.preferences('run-1')).map((p) => p.rubricHash)).toEqual([
          'rubric-a',
          'rubric-b',
        ]);
      });

      it('are refused as a whole when one of them contradicts what is stored', async () => {
        await ledger.recordPreferences('run-1', [preference('a')]);
        const batch = [preference('b'), preference('a', { probabilityFirst: 0.9 })];
        await expect(ledger.recordPreferences('run-1', batch)).rejects.toMatchObject({
          code: 'already_exists',
        });
        expect(await ledger.preferences('run-1')).toEqual([preference('a')]);
      });

      it.each([
        { probabilityFirst: Number.NaN },
        { probabilityFirst: 1.5 },
        { weight: -1 },
        { weight: Number.NaN },
      ])('are refused with %o, and the ledger goes on', async (changes) => {
        const refused = ledger.recordPreferences('run-1', [preference('b'), preference('a', changes)]);
        const stored = ledger.recordPreferences('run-1', [preference('c')]);
        await expect(refused).rejects.toMatchObject({ code: 'invalid_argument' });
        await stored;
        expect(await ledger.preferences('run-1')).toEqual([preference('c')]);
      });
    });

    it('keeps policy versions in order, each recorded once with its rubric', async () => {
      const policy = (version: number) => ({
        version,
        hash: `h${version}`,
        location: `/policies/${version}`,
      });
      await ledger.recordPolicyVersion('run-1', policy(1), 'rubric-a');
      await ledger.recordPolicyVersion('run-1', policy(0), 'rubric-a');
      await ledger.recordPolicyVersion('run-1', policy(1), 'rubric-a');
      const other = ledger.recordPolicyVersion('run-1', { ...policy(1), hash: 'other' }, 'rubric-a');
      await expect(other).rejects.toMatchObject({ code: 'already_exists' });
      const otherRubric = ledger.recordPolicyVersion('run-1', policy(1), 'rubric-b');
      await expect(otherRubric).rejects.toMatchObject({ code: 'already_exists' });
      expect(await ledger.policyVersions('run-1')).toEqual([
        { ...policy(0), rubricHash: 'rubric-a' },
        { ...policy(1), rubricHash: 'rubric-a' },
      ]);
    });

    describe('the update journal', () => {
      it('comes back exactly and in order', async () => {
        await ledger.recordIteration('run-1', iterationRecord(1));
        await ledger.recordIteration('run-1', iterationRecord(0));
        expect((await ledger.iterations('run-1')).map(({ iteration }) => iteration)).toEqual([0, 1]);
        expect((await ledger.iterations('run-1'))[1]?.metrics['objective/kl']).toBe(0.1 + 0.2);
      });

      it('tells a metric that is not a number as such, never as a number or as missing', async () => {
        const metrics = { kl: Number.NaN, ratio: Infinity, loss: -Infinity };
        await ledger.recordIteration('run-1', iterationRecord(0, { metrics }));
        expect((await ledger.iterations('run-1'))[0]?.metrics).toEqual(metrics);
      });

      it('takes an entry once; the same again changes nothing, another is refused', async () => {
        const metrics = { kl: Number.NaN };
        await ledger.recordIteration('run-1', iterationRecord(0, { metrics }));
        await ledger.recordIteration('run-1', iterationRecord(0, { metrics }));
        const other = ledger.recordIteration('run-1', iterationRecord(0, { metrics: { kl: Infinity } }));
        await expect(other).rejects.toMatchObject({ code: 'already_exists' });
        expect(await ledger.iterations('run-1')).toHaveLength(1);
      });
    });

    it('finishes the calls that were made before it is closed, and refuses later ones', async () => {
      const epoch = ledger.beginEpoch('run-1');
      await ledger.close();
      expect(await epoch).toBe(1);
      await expect(ledger.getRun('run-1')).rejects.toMatchObject({ code: 'failed_precondition' });
      await ledger.close();
    });
  });
}
