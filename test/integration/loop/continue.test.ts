import { LoopRig } from '../../support/loop-rig.js';
import type { LoopRigOptions } from '../../support/loop-rig.js';
import { acceptedResults, finishedRun } from './finished-run.js';
import type { FinishedRun } from './finished-run.js';

const ITERATIONS = 6;
const GROUPS = 4;
/** Of policy and critic, in an iteration that moves both. */
const GRADIENTS = 8;

/** A run with all that a checkpoint has to carry: a critic ahead of its policy, a moving β, a rubric that was swapped. */
const options = (every: number): LoopRigOptions => ({
  checkpoints: { directory: 'checkpoints', every, keep: 2 },
  algorithm: {
    iterations: ITERATIONS,
    promptsPerIteration: GROUPS,
    kl: { initial: 0.2, target: 6, horizon: 160 },
    criticOnlyAfterSwap: 1,
  },
});

async function begun(every: number): Promise<LoopRig> {
  const rig = new LoopRig(options(every));
  await rig.create();
  await rig.ledger.requestControl(rig.run, { kind: 'swap_rubric', rubricHash: 'rubric-b', iteration: 3 });
  return rig;
}

/** When a process ends: in the middle of collecting answers or of optimizer steps, or just after an iteration's commit. */
const INSTANTS = {
  'while it collects': (rig: LoopRig, iteration: number, stop: () => void) => {
    rig.engines[0].beforeGenerate = async () => {
      if (rig.engines[0].requests.length > iteration * GROUPS + 2) stop();
    };
  },
  'while it learns': (rig: LoopRig, iteration: number, stop: () => void) => {
    let gradients = 0;
    rig.trainer.isBroken = () => {
      if (rig.iterations.length === iteration) gradients += 1;
      if (gradients > GRADIENTS / 4) stop();
      return false;
    };
  },
  'once its iteration is committed': (rig: LoopRig, iteration: number, stop: () => void) => {
    const { iterations } = rig;
    const push = iterations.push.bind(iterations);
    iterations.push = (...finished) => {
      if (finished[0].iteration === iteration) stop();
      return push(...finished);
    };
  },
} as const;

async function stopped(rig: LoopRig, instant: keyof typeof INSTANTS, iteration: number): Promise<void> {
  const stop = new AbortController();
  INSTANTS[instant](rig, iteration, () => stop.abort());
  await expect(rig.play(stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
}

describe.each([1, 2, 5])('a run that saves itself every %d iterations', (every) => {
  let calm: FinishedRun;

  beforeAll(async () => {
    const rig = await begun(every);
    await rig.play();
    calm = await finishedRun(rig);
    expect(calm.journal).toHaveLength(ITERATIONS);
    expect(new Set(calm.policies.map(({ hash }) => hash)).size).toBe(5);
  });

  it.each(Object.keys(INSTANTS) as (keyof typeof INSTANTS)[])(
    'ends the same, whichever iteration it is stopped in %s',
    async (instant) => {
      // After the last commit there is nothing left to stop.
      const last = instant === 'once its iteration is committed' ? ITERATIONS - 1 : ITERATIONS;
      for (let iteration = 0; iteration < last; iteration += 1) {
        const rig = await begun(every);
        await stopped(rig, instant, iteration);
        const accepted = await acceptedResults(rig, ITERATIONS);
        const again = rig.restarted();
        await again.play();
        expect(await finishedRun(again)).toEqual(calm);
        expect(again.engines[0].requests).toHaveLength(ITERATIONS * GROUPS - accepted);
      }
    },
  );
});

describe('a run that goes on', () => {
  it('ends the same when its later starts are stopped too', async () => {
    const calm = await begun(2);
    await calm.play();
    let rig = await begun(2);
    // In iterations 2, 3 and 4: the starts go on from checkpoints 0, 2 and 2.
    for (const inThisStart of [2, 1, 2]) {
      await stopped(rig, 'while it learns', inThisStart);
      rig = rig.restarted();
    }
    await rig.play();
    expect(rig.iterations.map(({ iteration }) => iteration)).toEqual([4, 5]);
    expect(await finishedRun(rig)).toEqual(await finishedRun(calm));
    expect((await rig.ledger.getRun(rig.run))?.epoch).toBe(4);
  });

  it('goes on from its newest checkpoint, and repeats nothing that is older', async () => {
    const rig = await begun(2);
    await stopped(rig, 'while it learns', 5);
    const again = rig.restarted();
    await again.play();
    expect(again.iterations.map(({ iteration }) => iteration)).toEqual([4, 5]);
    expect(again.trainer.calls.filter((call) => call.startsWith('load'))).toEqual([
      'load policy',
      'load critic',
    ]);
  });

  it('goes on after a failure, and says that it runs again', async () => {
    const calm = await begun(2);
    await calm.play();
    const rig = await begun(2);
    let requests = 0;
    const score = rig.scorer.score.bind(rig.scorer);
    rig.scorer.score = async (request) => {
      requests += 1;
      if (requests > 3) throw new Error('the reward plane is on fire');
      return score(request);
    };
    await expect(rig.play()).rejects.toThrow('on fire');
    expect((await rig.ledger.getRun(rig.run))?.state).toBe('failed');
    const again = rig.restarted();
    await again.play();
    expect(await finishedRun(again)).toEqual(await finishedRun(calm));
    const states = (await again.ledger.events(again.run, 0, 1000)).flatMap(({ payload }) =>
      payload.kind === 'state_changed' ? payload.state : [],
    );
    expect(states).toEqual(['queued', 'running', 'failed', 'running', 'completed']);
  });

  it('refuses a checkpoint whose files are of another step than its manifest says', async () => {
    const rig = await begun(1);
    await stopped(rig, 'while it learns', 3);
    const [newest] = (await rig.ledger.checkpoints(rig.run)).slice(-1);
    const again = rig.restarted();
    const load = again.trainer.loadCheckpoint.bind(again.trainer);
    again.trainer.loadCheckpoint = async (call, request) => {
      const loaded = await load(call, request);
      return { ...loaded, step: loaded.step + 1 };
    };
    await expect(again.play()).rejects.toThrow(
      `${newest.policy.directory} is of step ${newest.policy.step + 1}, its manifest says ${newest.policy.step}`,
    );
  });
});
