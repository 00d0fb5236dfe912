import { DEFAULT_HEALTH } from '../../../core/config/health-options.js';
import { LoopRig } from '../../support/loop-rig.js';
import type { LoopRigOptions } from '../../support/loop-rig.js';
import { until } from '../../support/until.js';
import { finishedRun } from './finished-run.js';

const OPTIONS: LoopRigOptions = {
  checkpoints: { directory: 'checkpoints', every: 1, keep: 'all' },
  algorithm: { iterations: 6, criticOnlyAfterSwap: 1 },
  health: { ...DEFAULT_HEALTH, entropyShare: 'off', klBudget: 'off' },
};
/** Optimizer steps of an iteration; iteration 0 holds the policy. */
const STEPS = 4;

/** A rig whose policy's loss is NaN in this iteration, until it begins anew from an earlier version. */
function broken(rig: LoopRig, iteration: number): LoopRig {
  const first = 'policy-0';
  rig.trainer.isBroken = ({ modelId, step }) =>
    modelId === first && Math.floor(step / STEPS) === iteration - 1;
  return rig;
}

async function alarms({ ledger, run }: LoopRig): Promise<string[]> {
  return (await ledger.events(run, 0, 1000)).flatMap(({ payload }) =>
    payload.kind === 'alarm' ? payload.alarm : [],
  );
}

/** Resolves once the run stands still after this iteration. */
async function standing(rig: LoopRig, iteration: number): Promise<void> {
  await until(`iteration ${iteration} is told of`, () => rig.iterations.at(-1)?.iteration === iteration);
  await rig.reached('paused');
}

async function goBackAndOn({ ledger, run }: LoopRig, policyVersion: number): Promise<void> {
  await ledger.requestControl(run, { kind: 'roll_back', to: { policyVersion } });
  await ledger.requestControl(run, { kind: 'resume' });
}

describe('a run that is not well', () => {
  it('stands still when a figure is no number, says why, and keeps the checkpoint from before', async () => {
    const rig = broken(new LoopRig(OPTIONS), 3);
    const playing = rig.play();
    await standing(rig, 3);
    const run = await rig.ledger.getRun(rig.run);
    expect(run?.reason).toContain('Iteration 3: loss/policy_avg is NaN; allowed: finite numbers.');
    expect(run?.reason).toContain('Go back with `majlis rollback run --policy 1`, then `majlis resume run`');
    expect(rig.alarms).toEqual([
      {
        kind: 'loss_not_finite',
        message: expect.stringMatching(
          /^iteration 3: the loss of policy step 1 is NaN, on answers to prompts p\d(, p\d)*$/,
        ),
      },
      { kind: 'non_finite', message: run?.reason },
    ]);
    expect(await alarms(rig)).toEqual(['loss_not_finite', 'non_finite']);
    const checkpoints = await rig.ledger.checkpoints(rig.run);
    expect(checkpoints.map(({ iteration }) => iteration)).toEqual([1, 2, 3]);
    expect((await rig.ledger.iterations(rig.run)).at(-1)?.metrics['loss/policy_avg']).toBeNaN();

    await goBackAndOn(rig, 1);
    expect((await playing).state).toBe('completed');
    expect(await alarms(rig)).toEqual(['loss_not_finite', 'non_finite']);
    const journal = await rig.ledger.iterations(rig.run);
    expect(journal.map(({ policyVersion }) => policyVersion)).toEqual([0, 0, 1, 2, 4, 4]);
    const saved = (await rig.ledger.checkpoints(rig.run)).map(({ iteration }) => iteration);
    expect(saved).toEqual([1, 2, 3, 5, 6]);
  });

  it.each([1, 2, 3])(
    'pauses once, also when it goes on from checkpoints %d iterations apart',
    async (every) => {
      const options = { ...OPTIONS, checkpoints: { directory: 'checkpoints', every, keep: 1 } };
      const calm = broken(new LoopRig(options), 3);
      const playing = calm.play();
      await standing(calm, 3);
      await goBackAndOn(calm, 1);
      await playing;

      const rig = broken(new LoopRig(options), 3);
      const stop = new AbortController();
      const paused = rig.play(stop.signal);
      await standing(rig, 3);
      stop.abort();
      await expect(paused).rejects.toMatchObject({ code: 'cancelled' });
      const again = broken(rig.restarted(), 3);
      const resumed = again.play();
      await standing(again, 3);
      await goBackAndOn(again, 1);
      await resumed;
      expect(await finishedRun(again)).toEqual(await finishedRun(calm));
      expect(await alarms(again)).toEqual(['loss_not_finite', 'non_finite']);
    },
  );

  it('is not paused again by what a person has seen, when it goes on from before it', async () => {
    const options = { ...OPTIONS, checkpoints: { directory: 'checkpoints', every: 3, keep: 1 } };
    const rig = broken(new LoopRig(options), 3);
    const stop = new AbortController();
    const playing = rig.play(stop.signal);
    await standing(rig, 3);
    rig.engines[0].beforeGenerate = async () => stop.abort();
    await goBackAndOn(rig, 1);
    await expect(playing).rejects.toMatchObject({ code: 'cancelled' });
    expect((await rig.ledger.getRun(rig.run))?.state).toBe('running');
    const again = broken(rig.restarted(), 3);
    expect((await again.play()).state).toBe('completed');
    expect(again.iterations.map(({ iteration }) => iteration)).toEqual([3, 4, 5]);
    expect(await alarms(again)).toEqual(['loss_not_finite', 'non_finite']);
  });

  it('pauses when it goes on, where its process died before it could say so', async () => {
    const rig = broken(new LoopRig(OPTIONS), 3);
    const recordAlarm = rig.ledger.recordAlarm.bind(rig.ledger);
    const stop = new AbortController();
    rig.ledger.recordAlarm = async () => {
      stop.abort();
      throw new Error('the process is gone');
    };
    await expect(rig.play(stop.signal)).rejects.toThrow('the process is gone');
    rig.ledger.recordAlarm = recordAlarm;
    const again = broken(rig.restarted(), 3);
    const playing = again.play();
    await standing(again, 3);
    expect((await again.ledger.getRun(again.run))?.reason).toContain('loss/policy_avg is NaN');
    await goBackAndOn(again, 1);
    await playing;
  });

  it.each([1, 3, 5])(
    'counts from where it was resumed, also when it goes on from checkpoints %d iterations apart',
    async (every) => {
      // From iteration 2 on the policy has left; three of those are too many.
      const options: LoopRigOptions = {
        checkpoints: { directory: 'checkpoints', every, keep: 1 },
        algorithm: { iterations: 10 },
        health: { ...DEFAULT_HEALTH, entropyShare: 'off', klBudget: 1e-6, iterations: 3 },
      };
      const rig = new LoopRig(options);
      const stop = new AbortController();
      const playing = rig.play(stop.signal);
      await standing(rig, 4);
      rig.engines[0].beforeGenerate = async () => {
        if (rig.iterations.length === 6) stop.abort();
      };
      await rig.ledger.requestControl(rig.run, { kind: 'resume' });
      await expect(playing).rejects.toMatchObject({ code: 'cancelled' });
      const again = rig.restarted();
      const resumed = again.play();
      await standing(again, 7);
      await again.ledger.requestControl(again.run, { kind: 'resume' });
      expect((await resumed).state).toBe('completed');
      expect(await alarms(again)).toEqual(['kl_exploded', 'kl_exploded']);
    },
  );

  it('ends, and is not left paused, when its last iteration was not well', async () => {
    const rig = broken(new LoopRig(OPTIONS), 5);
    expect((await rig.play()).state).toBe('completed');
    expect((await rig.ledger.getRun(rig.run))?.state).toBe('completed');
    expect(rig.iterations.at(-1)?.metrics['loss/policy_avg']).toBeNaN();
  });

  it('goes on when a person resumes it as it is, and stands again only for something new', async () => {
    const rig = broken(new LoopRig(OPTIONS), 2);
    const playing = rig.play();
    await standing(rig, 2);
    await rig.ledger.requestControl(rig.run, { kind: 'resume' });
    expect((await playing).state).toBe('completed');
    expect(await alarms(rig)).toEqual(['loss_not_finite', 'non_finite']);
  });

  it('stands still before its disk is full, and goes on once there is room', async () => {
    const rig = new LoopRig(OPTIONS);
    rig.freeBytes = 2 ** 29;
    const playing = rig.play();
    await standing(rig, 0);
    const reason = (await rig.ledger.getRun(rig.run))?.reason;
    expect(reason).toMatch(/^The volume of \. has 0\.50 GiB free; allowed: at least 1\.00 GiB/);
    expect(await alarms(rig)).toEqual(['disk_nearly_full']);
    rig.freeBytes = Infinity;
    await rig.ledger.requestControl(rig.run, { kind: 'resume' });
    expect((await playing).state).toBe('completed');
    const calm = new LoopRig(OPTIONS);
    await calm.play();
    expect(await rig.ledger.policyVersions(rig.run)).toEqual(await calm.ledger.policyVersions(calm.run));
  });

  it('stands still again while the disk stays full', async () => {
    const rig = new LoopRig(OPTIONS);
    rig.freeBytes = 0;
    const playing = rig.play();
    for (let iteration = 0; iteration < 5; iteration += 1) {
      await standing(rig, iteration);
      await rig.ledger.requestControl(rig.run, { kind: 'resume' });
    }
    expect((await playing).state).toBe('completed');
    expect(await alarms(rig)).toHaveLength(5);
  });
});
