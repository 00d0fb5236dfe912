import type { ControlEvent } from '../../../core/domain/run.js';
import { LoopRig } from '../../support/loop-rig.js';
import type { LoopRigOptions } from '../../support/loop-rig.js';
import { until } from '../../support/until.js';
import { finishedRun } from './finished-run.js';

const OPTIONS: LoopRigOptions = {
  checkpoints: { directory: 'checkpoints', every: 2, keep: 'all' },
  algorithm: { iterations: 6, criticOnlyAfterSwap: 1 },
};

const PAUSE: ControlEvent = { kind: 'pause', reason: 'to look at the answers' };
const RESUME: ControlEvent = { kind: 'resume' };
const swapTo = (rubricHash: string): ControlEvent => ({ kind: 'swap_rubric', rubricHash });
const backTo = (policyVersion: number): ControlEvent => ({ kind: 'roll_back', to: { policyVersion } });

/** Asks for these while the iteration's answers are generated, in order. */
function askIn(rig: LoopRig, iteration: number, ...events: readonly ControlEvent[]): void {
  let isAsked = false;
  rig.engines[0].beforeGenerate = async () => {
    if (isAsked || rig.iterations.length !== iteration) return;
    isAsked = true;
    for (const event of events) await rig.ledger.requestControl(rig.run, event);
  };
}

/** Plays a run that is paused in this iteration, and asks for these once it stands. */
async function playPaused(
  rig: LoopRig,
  iteration: number,
  ...events: readonly ControlEvent[]
): Promise<void> {
  askIn(rig, iteration, PAUSE);
  const playing = rig.play();
  await rig.reached('paused');
  for (const event of events) await rig.ledger.requestControl(rig.run, event);
  await playing;
}

/** Stops a process whose run stands paused, once these took effect. */
async function stoppedWhilePaused(rig: LoopRig, ...events: readonly ControlEvent[]): Promise<void> {
  const stop = new AbortController();
  const playing = rig.play(stop.signal);
  await rig.reached('paused');
  for (const event of events) await rig.ledger.requestControl(rig.run, event);
  await allTookEffect(rig);
  stop.abort();
  await expect(playing).rejects.toMatchObject({ code: 'cancelled' });
}

async function allTookEffect({ ledger, run }: LoopRig): Promise<void> {
  await until('every event took effect', async () =>
    (await ledger.controlEvents(run)).every(({ effectiveAt }) => effectiveAt !== undefined),
  );
}

async function boundaries({ ledger, run }: LoopRig): Promise<[string, number | undefined][]> {
  return (await ledger.controlEvents(run)).map(({ event, effectiveAt }) => [event.kind, effectiveAt]);
}

async function hashes({ ledger, run }: LoopRig): Promise<string[]> {
  return (await ledger.policyVersions(run)).map(({ hash }) => hash);
}

describe('a run that people steer', () => {
  it('stands at the boundary when it is paused, and ends as if it never had', async () => {
    const calm = new LoopRig(OPTIONS);
    await calm.play();
    const rig = new LoopRig(OPTIONS);
    askIn(rig, 2, PAUSE);
    const playing = rig.play();
    await rig.reached('paused');
    expect(await rig.ledger.getRun(rig.run)).toMatchObject({ reason: 'to look at the answers' });
    expect(rig.iterations).toHaveLength(3);
    expect(await rig.ledger.outstandingTasks(rig.run)).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(rig.iterations).toHaveLength(3);
    await rig.ledger.requestControl(rig.run, RESUME);
    expect((await playing).state).toBe('completed');
    expect(await hashes(rig)).toEqual(await hashes(calm));
    expect(await boundaries(rig)).toEqual([
      ['pause', 3],
      ['resume', 3],
    ]);
    const metrics = async ({ ledger, run }: LoopRig) =>
      (await ledger.iterations(run)).map((record) => record.metrics);
    expect(await metrics(rig)).toEqual(await metrics(calm));
  });

  it('does not stop for a pause that was taken back before the boundary', async () => {
    const rig = new LoopRig(OPTIONS);
    askIn(rig, 2, PAUSE, RESUME);
    await rig.play();
    const states = (await rig.ledger.events(rig.run, 0, 1000)).flatMap(({ payload }) =>
      payload.kind === 'state_changed' ? payload.state : [],
    );
    expect(states).toEqual(['queued', 'running', 'pausing', 'running', 'completed']);
  });

  it('stands again for a pause that was asked after the one that was taken back', async () => {
    const rig = new LoopRig(OPTIONS);
    askIn(rig, 2, PAUSE, RESUME, PAUSE);
    const playing = rig.play();
    await rig.reached('paused');
    expect(rig.iterations).toHaveLength(3);
    await rig.ledger.requestControl(rig.run, RESUME);
    expect((await playing).state).toBe('completed');
  });

  it('is cancelled where it stands', async () => {
    const rig = new LoopRig(OPTIONS);
    await playPaused(rig, 1, { kind: 'cancel', reason: 'not worth it' });
    expect((await rig.ledger.getRun(rig.run))?.state).toBe('cancelled');
    expect(rig.iterations).toHaveLength(2);
    expect(await boundaries(rig)).toEqual([
      ['pause', 2],
      ['cancel', 2],
    ]);
  });

  it('applies swaps in their order while it stands, and pays by the last', async () => {
    const rig = new LoopRig(OPTIONS);
    await playPaused(rig, 1, swapTo('rubric-b'), swapTo('rubric-c'), RESUME);
    const journal = await rig.ledger.iterations(rig.run);
    expect(journal.map(({ rubricHash }) => rubricHash.at(-1))).toEqual(['a', 'a', 'c', 'c', 'c', 'c']);
    expect(journal.map(({ controlSequence }) => controlSequence)).toEqual([0, 0, 4, 4, 4, 4]);
    expect(journal.map(({ metrics }) => metrics['policy/steps'])).toEqual([0, 4, 0, 4, 4, 4]);
    const events = await rig.ledger.events(rig.run, 0, 1000);
    const effects = events.flatMap(({ payload }) =>
      payload.kind === 'control_took_effect' ? payload.control.sequence : [],
    );
    expect(effects).toEqual([1, 2, 3, 4]);
  });

  it('goes back to the weights of an earlier version, as a new one, and lets the critic catch up', async () => {
    const rig = new LoopRig(OPTIONS);
    await playPaused(rig, 3, backTo(1), RESUME);
    const versions = await rig.ledger.policyVersions(rig.run);
    // Iteration 0 holds the policy; 1, 2 and 3 make versions 1, 2 and 3; going back makes 4; 4 is held; 5 makes 5.
    expect(versions.map(({ version }) => version)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(versions[4].hash).toBe(versions[1].hash);
    expect(versions[4].location).toBe(versions[1].location);
    const journal = await rig.ledger.iterations(rig.run);
    expect(journal.map(({ policyVersion }) => policyVersion)).toEqual([0, 0, 1, 2, 4, 4]);
    expect(journal.map(({ metrics }) => metrics['policy/steps'])).toEqual([0, 4, 4, 4, 0, 4]);
    expect(journal.map(({ controlSequence }) => controlSequence)).toEqual([0, 0, 0, 0, 3, 3]);
    expect(rig.engines[0].loads.filter((hash) => hash === versions[1].hash)).toHaveLength(2);
    const [first, second] = [versions[0], versions[1]].map(({ location }) => rig.published.get(location));
    expect(second?.logits).not.toEqual(first?.logits);
  });

  it('goes back with the critic of the last good checkpoint, and without moments or steps', async () => {
    const rig = new LoopRig(OPTIONS);
    await playPaused(rig, 4, backTo(1), RESUME);
    const checkpoints = await rig.ledger.checkpoints(rig.run);
    expect(checkpoints.map(({ iteration, critic }) => [iteration, critic?.step])).toEqual([
      [2, 8],
      [4, 16],
      // Iteration 4 took the critic to step 20; it went back to 16, and iteration 5 took four steps.
      [6, 20],
    ]);
    expect(checkpoints.map(({ policy }) => policy.step)).toEqual([4, 12, 0]);
  });

  it('goes back to a rubric that was in force before', async () => {
    const rig = new LoopRig(OPTIONS);
    await rig.create();
    await rig.ledger.requestControl(rig.run, { ...swapTo('rubric-b'), iteration: 2 });
    await rig.ledger.requestControl(rig.run, { ...swapTo('rubric-c'), iteration: 3 });
    askIn(rig, 3, { kind: 'roll_back', to: { rubricHash: 'rubric-b' } });
    await rig.play();
    const journal = await rig.ledger.iterations(rig.run);
    expect(journal.map(({ rubricHash }) => rubricHash.at(-1))).toEqual(['a', 'a', 'b', 'c', 'b', 'b']);
    expect((await rig.ledger.policyVersions(rig.run)).map(({ version }) => version)).toEqual([0, 1, 2]);
  });

  it('fails, and says which, when the version to go back to is none of its own', async () => {
    const rig = new LoopRig(OPTIONS);
    askIn(rig, 1, backTo(9));
    await expect(rig.play()).rejects.toThrow('run run has no policy version 9');
    expect((await rig.ledger.getRun(rig.run))?.state).toBe('failed');
  });
});

describe('a run that people steer and that goes on in another process', () => {
  it('is paused still, at the boundary where it stood', async () => {
    const calm = new LoopRig(OPTIONS);
    await playPaused(calm, 2, RESUME);
    const rig = new LoopRig(OPTIONS);
    askIn(rig, 2, PAUSE);
    await stoppedWhilePaused(rig);
    const again = rig.restarted();
    const playing = again.play();
    // The checkpoint is before iteration 2, which is repeated.
    await until('an iteration is repeated', () => again.iterations.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(again.iterations.map(({ iteration }) => iteration)).toEqual([2]);
    expect(await again.ledger.getRun(again.run)).toMatchObject({
      state: 'paused',
      reason: 'to look at the answers',
    });
    await again.ledger.requestControl(again.run, RESUME);
    await playing;
    expect(await finishedRun(again)).toEqual(await finishedRun(calm));
  });

  it('is paused still where a pause before it was taken back', async () => {
    const rig = new LoopRig(OPTIONS);
    askIn(rig, 2, PAUSE, RESUME, PAUSE);
    await stoppedWhilePaused(rig);
    const again = rig.restarted();
    const playing = again.play();
    await until('an iteration is repeated', () => again.iterations.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(again.iterations).toHaveLength(1);
    expect((await again.ledger.getRun(again.run))?.state).toBe('paused');
    await again.ledger.requestControl(again.run, RESUME);
    expect((await playing).state).toBe('completed');
  });

  it('meets what was asked while nothing ran at the boundary where it stood', async () => {
    const asked = [swapTo('rubric-b'), RESUME];
    const calm = new LoopRig(OPTIONS);
    await playPaused(calm, 2, ...asked);
    const rig = new LoopRig(OPTIONS);
    askIn(rig, 2, PAUSE);
    await stoppedWhilePaused(rig);
    for (const event of asked) await rig.ledger.requestControl(rig.run, event);
    const again = rig.restarted();
    await again.play();
    expect(await finishedRun(again)).toEqual(await finishedRun(calm));
  });

  it.each([2, 3])(
    'goes back once, in the same place, when it stopped at the boundary of iteration %d',
    async (stood) => {
      const calm = new LoopRig(OPTIONS);
      await playPaused(calm, stood - 1, backTo(0), RESUME);
      const rig = new LoopRig(OPTIONS);
      askIn(rig, stood - 1, PAUSE);
      await stoppedWhilePaused(rig, backTo(0));
      const again = rig.restarted();
      const playing = again.play();
      await again.ledger.requestControl(again.run, RESUME);
      await playing;
      expect(await finishedRun(again)).toEqual(await finishedRun(calm));
    },
  );

  it.each([2, 3, 4])(
    'repeats what it was asked when it is stopped in iteration %d, after it',
    async (iteration) => {
      const calm = new LoopRig(OPTIONS);
      await playPaused(calm, 1, backTo(0), swapTo('rubric-b'), RESUME);
      const rig = new LoopRig(OPTIONS);
      const stop = new AbortController();
      askIn(rig, 1, PAUSE);
      const playing = rig.play(stop.signal);
      await rig.reached('paused');
      rig.engines[0].beforeGenerate = async () => {
        if (rig.iterations.length === iteration) stop.abort();
      };
      for (const event of [backTo(0), swapTo('rubric-b'), RESUME]) {
        await rig.ledger.requestControl(rig.run, event);
      }
      await expect(playing).rejects.toMatchObject({ code: 'cancelled' });
      const again = rig.restarted();
      await again.play();
      expect(await finishedRun(again)).toEqual(await finishedRun(calm));
    },
  );

  it('is cancelled when it was cancelled and could not say so any more', async () => {
    const rig = new LoopRig(OPTIONS);
    askIn(rig, 3, { kind: 'cancel' });
    const setRunState = rig.ledger.setRunState.bind(rig.ledger);
    rig.ledger.setRunState = async (run, state, reason) => {
      if (state === 'cancelled') throw new Error('the process is gone');
      await setRunState(run, state === 'failed' ? 'running' : state, reason);
    };
    await expect(rig.play()).rejects.toThrow('the process is gone');
    rig.ledger.setRunState = setRunState;
    expect((await rig.restarted().play()).state).toBe('cancelled');
    expect(await boundaries(rig)).toEqual([['cancel', 4]]);
    expect(await rig.ledger.iterations(rig.run)).toHaveLength(4);
  });
});
