import type { ControlEvent } from '../../../core/domain/run.js';
import { RewardNotReady } from '../../../coordinator/score/reward-not-ready.js';
import { LoopRig } from '../../support/loop-rig.js';
import type { LoopRigOptions } from '../../support/loop-rig.js';
import { until } from '../../support/until.js';

const OPTIONS: LoopRigOptions = {
  checkpoints: { directory: 'checkpoints', every: 1, keep: 'all' },
  algorithm: { iterations: 6, criticOnlyAfterSwap: 2 },
};
const RESUME: ControlEvent = { kind: 'resume' };
const SWAP_AT_3: ControlEvent = { kind: 'swap_rubric', rubricHash: 'rubric-b', iteration: 3 };
const FOUND = 'judge qwen gave no verdict on 312 of 1000 questions';

/** Its judges do not answer under this rubric, as often as told. */
function silent(rig: LoopRig, rubric: string, times: number): LoopRig {
  let left = times;
  rig.readying = async (rubricHash) => {
    if (rubricHash !== rubric || left === 0) return;
    left -= 1;
    throw new RewardNotReady(`${FOUND} (${times - left})`);
  };
  return rig;
}

/** Resolves once the run stands with that many alarms told. */
async function standing(rig: LoopRig, alarms: number): Promise<void> {
  await until(`alarm ${alarms} is told of`, () => rig.alarms.length === alarms);
  await rig.reached('paused');
}

async function ask(rig: LoopRig, ...events: readonly ControlEvent[]): Promise<void> {
  for (const event of events) await rig.ledger.requestControl(rig.run, event);
}

async function calm(...events: readonly ControlEvent[]): Promise<string> {
  const rig = new LoopRig(OPTIONS);
  await rig.create();
  await ask(rig, ...events);
  return (await rig.play()).policy.hash;
}

async function rubrics({ ledger, run }: LoopRig): Promise<string[]> {
  return (await ledger.iterations(run)).map(({ rubricHash }) => rubricHash);
}

/** Stops a process whose run stands, once all that was asked took effect there. */
async function stop(rig: LoopRig, playing: Promise<unknown>, stopping: AbortController): Promise<void> {
  await until('every event took effect', async () =>
    (await rig.ledger.controlEvents(rig.run)).every(({ effectiveAt }) => effectiveAt !== undefined),
  );
  stopping.abort();
  await expect(playing).rejects.toMatchObject({ code: 'cancelled' });
}

describe('a run whose reward cannot be readied', () => {
  it('stands before its first iteration, says why, and asks again each time it is resumed', async () => {
    const rig = silent(new LoopRig(OPTIONS), 'rubric-a', 2);
    const playing = rig.play();
    await standing(rig, 1);
    const run = await rig.ledger.getRun(rig.run);
    expect(run?.reason).toContain(`${FOUND} (1) Mend that, then \`majlis resume run\``);
    expect(rig.alarms).toEqual([{ kind: 'reward_not_ready', message: run?.reason }]);
    await ask(rig, RESUME);
    await standing(rig, 2);
    expect((await rig.ledger.getRun(rig.run))?.reason).toContain(`${FOUND} (2)`);
    expect(rig.iterations).toEqual([]);
    await ask(rig, RESUME);
    const end = await playing;
    expect(end.state).toBe('completed');
    expect(end.policy.hash).toBe(await calm());
  });

  it('can be cancelled while it stands', async () => {
    const rig = silent(new LoopRig(OPTIONS), 'rubric-a', 1);
    const playing = rig.play();
    await standing(rig, 1);
    await ask(rig, { kind: 'cancel', reason: 'too dear' });
    expect(await playing).toMatchObject({ state: 'cancelled', policy: { version: 0 } });
  });

  it.each(['goes on', 'is started again'])('takes another rubric first, and %s alike', async (how) => {
    const rig = silent(new LoopRig(OPTIONS), 'rubric-a', 1);
    const stopping = new AbortController();
    const playing = rig.play(stopping.signal);
    await standing(rig, 1);
    await ask(rig, { kind: 'swap_rubric', rubricHash: 'rubric-b' });
    let last = rig;
    if (how === 'is started again') {
      await stop(rig, playing, stopping);
      last = rig.restarted();
    }
    const ending = last === rig ? playing : last.play();
    await ask(last, RESUME);
    const end = await ending;
    expect(await rubrics(last)).toEqual(Array.from({ length: 6 }, () => 'rubric-b'));
    expect(end.policy.hash).toBe(await calm({ kind: 'swap_rubric', rubricHash: 'rubric-b' }));
  });

  it('stands where it was to swap, and swaps there once the judges answer', async () => {
    const rig = silent(new LoopRig(OPTIONS), 'rubric-b', 2);
    await rig.create();
    await ask(rig, SWAP_AT_3);
    const playing = rig.play();
    await standing(rig, 1);
    expect(await rubrics(rig)).toEqual(['rubric-a', 'rubric-a', 'rubric-a']);
    await ask(rig, RESUME);
    await standing(rig, 2);
    await ask(rig, RESUME);
    expect((await playing).policy.hash).toBe(await calm(SWAP_AT_3));
    expect((await rubrics(rig)).slice(3)).toEqual(['rubric-b', 'rubric-b', 'rubric-b']);
  });

  it('comes to the same policy when its process ends while it stands', async () => {
    const rig = silent(new LoopRig(OPTIONS), 'rubric-b', 2);
    await rig.create();
    await ask(rig, SWAP_AT_3);
    const stopping = new AbortController();
    const playing = rig.play(stopping.signal);
    await standing(rig, 1);
    await ask(rig, RESUME);
    await standing(rig, 2);
    await stop(rig, playing, stopping);
    const again = rig.restarted();
    expect((await again.play()).policy.hash).toBe(await calm(SWAP_AT_3));
  });

  it('goes on with the rubric that it had when a person goes back to it', async () => {
    const rig = silent(new LoopRig(OPTIONS), 'rubric-b', Infinity);
    await rig.create();
    await ask(rig, SWAP_AT_3);
    const playing = rig.play();
    await standing(rig, 1);
    await ask(rig, { kind: 'swap_rubric', rubricHash: 'rubric-a' }, RESUME);
    expect((await playing).state).toBe('completed');
    expect(new Set(await rubrics(rig))).toEqual(new Set(['rubric-a']));
  });
});
