import type { CheckpointManifest } from '../../../core/domain/checkpoint.js';
import type { CurrentHarness } from './ledger-harness.js';
import { iterationEnd, iterationRecord, keys, preference } from './ledger-harness.js';

function manifest(iteration: number, changes: Partial<CheckpointManifest> = {}): CheckpointManifest {
  return {
    iteration,
    policyVersion: { version: iteration, hash: 'h', location: '/l' },
    rubricHash: 'rubric-a',
    klController: { kind: 'adaptive', coef: 0.1 + 0.2, target: 6, horizon: 10_000 },
    policyHeldUntil: 2,
    rngSeed: 7,
    policy: { directory: '/checkpoints/1', sha256: 'p1', step: 4 },
    ...changes,
  };
}

/** Preferences, policy versions, the update journal and checkpoints. */
export function describeRecords(harness: CurrentHarness): void {
  describe('preferences', () => {
    it('come back exactly, in the order in which they were recorded', async () => {
      const prompt = { id: 'p', locale: 'ko-KR', text: '안녕' };
      const bare = preference('a', { pair: { id: 'a', prompt, first: '', second: ' ' } });
      await harness().ledger.recordPreferences('run-1', [preference('z'), bare]);
      await harness().ledger.recordPreferences('run-1', [preference('m')]);
      expect(await harness().ledger.preferences('run-1')).toEqual([preference('z'), bare, preference('m')]);
    });

    it('are recorded once per pair and rubric; the same again changes nothing', async () => {
      await harness().ledger.recordPreferences('run-1', [preference('a')]);
      await harness().ledger.recordPreferences('run-1', [
        preference('a'),
        preference('a', { rubricHash: 'rubric-b' }),
      ]);
      expect((await harness().ledger.preferences('run-1')).map((p) => p.rubricHash)).toEqual([
        'rubric-a',
        'rubric-b',
      ]);
    });

    it('are refused as a whole when one of them contradicts what is stored', async () => {
      await harness().ledger.recordPreferences('run-1', [preference('a')]);
      const batch = [preference('b'), preference('a', { probabilityFirst: 0.9 })];
      await expect(harness().ledger.recordPreferences('run-1', batch)).rejects.toMatchObject({
        code: 'already_exists',
      });
      expect(await harness().ledger.preferences('run-1')).toEqual([preference('a')]);
    });

    it.each([
      { probabilityFirst: Number.NaN },
      { probabilityFirst: 1.5 },
      { weight: -1 },
      { weight: Number.NaN },
    ])('are refused with %o, and the ledger goes on', async (changes) => {
      const refused = harness().ledger.recordPreferences('run-1', [
        preference('b'),
        preference('a', changes),
      ]);
      const stored = harness().ledger.recordPreferences('run-1', [preference('c')]);
      await expect(refused).rejects.toMatchObject({ code: 'invalid_argument' });
      await stored;
      expect(await harness().ledger.preferences('run-1')).toEqual([preference('c')]);
    });
  });

  it('keeps policy versions in order, each recorded once with its rubric', async () => {
    const policy = (version: number) => ({
      version,
      hash: `h${version}`,
      location: `/policies/${version}`,
    });
    await harness().ledger.recordPolicyVersion('run-1', policy(1), 'rubric-a');
    await harness().ledger.recordPolicyVersion('run-1', policy(0), 'rubric-a');
    await harness().ledger.recordPolicyVersion('run-1', policy(1), 'rubric-a');
    const other = harness().ledger.recordPolicyVersion('run-1', { ...policy(1), hash: 'other' }, 'rubric-a');
    await expect(other).rejects.toMatchObject({ code: 'already_exists' });
    const otherRubric = harness().ledger.recordPolicyVersion('run-1', policy(1), 'rubric-b');
    await expect(otherRubric).rejects.toMatchObject({ code: 'already_exists' });
    expect(await harness().ledger.policyVersions('run-1')).toEqual([
      { ...policy(0), rubricHash: 'rubric-a' },
      { ...policy(1), rubricHash: 'rubric-a' },
    ]);
  });

  describe('the update journal', () => {
    it('comes back exactly and in order', async () => {
      const { ledger } = harness();
      await ledger.completeIteration('run-1', iterationEnd(1, { controlSequence: 3 }));
      await ledger.completeIteration('run-1', iterationEnd(0));
      expect(await ledger.iterations('run-1')).toEqual([
        iterationRecord(0),
        iterationRecord(1, { controlSequence: 3 }),
      ]);
      expect((await ledger.policyVersions('run-1')).map(({ hash }) => hash)).toEqual(['h1', 'h2']);
    });

    it('tells a metric that is not a number as such, never as a number or as missing', async () => {
      const metrics = { kl: Number.NaN, ratio: Infinity, loss: -Infinity };
      await harness().ledger.completeIteration('run-1', iterationEnd(0, { metrics }));
      expect((await harness().ledger.iterations('run-1'))[0]?.metrics).toEqual(metrics);
    });

    it('takes an entry once; the same again changes nothing, another is refused', async () => {
      const { ledger } = harness();
      const metrics = { kl: Number.NaN };
      await ledger.completeIteration('run-1', iterationEnd(0, { metrics }));
      await ledger.completeIteration('run-1', iterationEnd(0, { metrics }));
      for (const other of [{ metrics: { kl: Infinity } }, { metrics, controlSequence: 1 }]) {
        const refused = ledger.completeIteration('run-1', iterationEnd(0, other));
        await expect(refused).rejects.toMatchObject({ code: 'already_exists' });
      }
      expect(await ledger.iterations('run-1')).toHaveLength(1);
    });

    it.each([
      ['a task without a result', 'failed_precondition', { consumed: keys('accepted', 'outstanding') }],
      ['a dropped task', 'failed_precondition', { consumed: keys('accepted', 'dropped') }],
      ['a task that nobody issued', 'not_found', { consumed: keys('accepted', 'nobody') }],
      [
        'another policy of that version',
        'already_exists',
        { policy: { ...iterationEnd(0).policy, hash: 'x' } },
      ],
      ['another checkpoint of that place', 'already_exists', { checkpoint: manifest(0, { rngSeed: 8 }) }],
    ])('that names %s is refused with %s, and nothing of its end is kept', async (_what, code, end) => {
      const { ledger } = harness();
      const task = (id: string) => ({ id, iteration: 0, issue: 1, deadlineMs: 1 });
      await ledger.issueTasks('run-1', ['accepted', 'outstanding', 'dropped'].map(task));
      const result = { taskId: 'accepted', iteration: 0, payloadHash: 'p' };
      await ledger.acceptResults('run-1', [result]);
      await ledger.endTasks('run-1', keys('dropped'), 'dropped');
      const checkpoint = manifest(0);
      const { policy } = iterationEnd(0);
      const first = { ...iterationEnd(5), policy, checkpoint };
      await ledger.completeIteration('run-1', first);
      const before = await Promise.all([ledger.tasks('run-1'), ledger.events('run-1', 0, 99)]);
      const refused = ledger.completeIteration('run-1', {
        ...{ ...iterationEnd(6), policy, consumed: keys('accepted') },
        ...end,
      });
      await expect(refused).rejects.toMatchObject({ code });
      const after = await Promise.all([ledger.tasks('run-1'), ledger.events('run-1', 0, 99)]);
      expect(after).toEqual(before);
      expect(await ledger.iterations('run-1')).toHaveLength(1);
      expect(await ledger.checkpoints('run-1')).toEqual([checkpoint]);
    });

    it('consumes a task once', async () => {
      const { ledger } = harness();
      await ledger.issueTasks('run-1', [{ id: 'a', iteration: 0, issue: 1, deadlineMs: 1 }]);
      await ledger.acceptResults('run-1', [{ taskId: 'a', iteration: 0, payloadHash: 'p' }]);
      const end = { ...iterationEnd(0), consumed: keys('a') };
      await ledger.completeIteration('run-1', end);
      await ledger.completeIteration('run-1', end);
      const again = ledger.completeIteration('run-1', { ...iterationEnd(1), consumed: keys('a') });
      await expect(again).rejects.toMatchObject({ code: 'already_exists' });
      expect(await ledger.iterations('run-1')).toHaveLength(1);
    });
  });

  it('gives back checkpoints exactly, oldest first, until they are forgotten', async () => {
    const { ledger } = harness();
    const bare = manifest(2, { klController: { kind: 'fixed', coef: 0 } });
    const full = manifest(1, { critic: { directory: '/c', sha256: 'c1', step: 2 } });
    await ledger.completeIteration('run-1', { ...iterationEnd(1), checkpoint: bare });
    await ledger.completeIteration('run-1', { ...iterationEnd(0), checkpoint: full });
    expect(await ledger.checkpoints('run-1')).toEqual([full, bare]);
    await ledger.forgetCheckpoints('run-1', [1, 7]);
    await ledger.completeIteration('run-1', { ...iterationEnd(0), checkpoint: full });
    expect(await ledger.checkpoints('run-1')).toEqual([bare]);
  });
}
