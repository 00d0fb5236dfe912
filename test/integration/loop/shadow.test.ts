/** A candidate rubric that scores beside the one in force, over the whole loop. */
import type { ControlEvent, RunEventPayload } from '../../../core/domain/run.js';
import { RewardNotReady } from '../../../coordinator/score/reward-not-ready.js';
import { MajlisError } from '../../../core/errors.js';
import { scored } from '../../support/fake-scorer.js';
import { LoopRig, WANTED_TOKEN } from '../../support/loop-rig.js';
import type { LoopRigOptions } from '../../support/loop-rig.js';
import { finishedRun } from './finished-run.js';

const SHADOW: ControlEvent = { kind: 'shadow_rubric', rubricHash: 'rubric-b' };
const ASYNC = { kind: 'async', maxStaleness: 1 } as const;

/** Rubric b wants the opposite of rubric a, three higher. */
const OPTIONS: LoopRigOptions = {
  checkpoints: { directory: 'checkpoints', every: 2, keep: 'all' },
  algorithm: { iterations: 6, criticOnlyAfterSwap: 1 },
  scoreAnswer: (ids, _place, rubric) => {
    const wanted = ids.filter((id) => id === WANTED_TOKEN).length;
    return scored(rubric === 'rubric-b' ? 3 - wanted : wanted);
  },
};

async function asked(events: readonly ControlEvent[], options: LoopRigOptions = {}): Promise<LoopRig> {
  const rig = new LoopRig({ ...OPTIONS, ...options });
  await rig.create();
  for (const event of events) await rig.ledger.requestControl(rig.run, event);
  return rig;
}

async function played(events: readonly ControlEvent[], options: LoopRigOptions = {}): Promise<LoopRig> {
  const rig = await asked(events, options);
  expect((await rig.play()).state).toBe('completed');
  return rig;
}

type Told = Extract<RunEventPayload, { readonly kind: 'shadow_scored' }>;

async function told(rig: LoopRig): Promise<Told[]> {
  const events = await rig.ledger.events(rig.run, 0, 10_000);
  return events.flatMap(({ payload }) => (payload.kind === 'shadow_scored' ? [payload] : []));
}

/** Iterations that have figures of a shadow. */
async function shadowed(rig: LoopRig): Promise<number[]> {
  const journal = await rig.ledger.iterations(rig.run);
  return journal.flatMap(({ iteration, metrics }) =>
    metrics['shadow/excluded_share'] === undefined ? [] : [iteration],
  );
}

/** Ends the process once this iteration is committed. */
async function stoppedAfter(rig: LoopRig, iteration: number): Promise<void> {
  const stop = new AbortController();
  const push = rig.iterations.push.bind(rig.iterations);
  rig.iterations.push = (...finished) => {
    if (finished[0].iteration === iteration) stop.abort();
    return push(...finished);
  };
  await expect(rig.play(stop.signal)).rejects.toMatchObject({ code: 'cancelled' });
}

const failing = (rubricHash: string): void => {
  if (rubricHash === 'rubric-b') throw new MajlisError('its judge is away', { code: 'unavailable' });
};

describe('a run with a shadow', () => {
  it('learns bit for bit what it learns without one', async () => {
    const alone = await finishedRun(await played([]));
    const rig = await played([{ ...SHADOW, iteration: 1 }]);
    const { journal, policies, checkpoints, tasks } = await finishedRun(rig);
    expect(policies).toEqual(alone.policies);
    expect(tasks).toEqual(alone.tasks);
    expect(journal.map(({ inputsHash }) => inputsHash)).toEqual(
      alone.journal.map(({ inputsHash }) => inputsHash),
    );
    expect(checkpoints.map(({ models }) => models)).toEqual(alone.checkpoints.map(({ models }) => models));
    const own = journal.map(({ metrics }) =>
      Object.fromEntries(Object.entries(metrics).filter(([name]) => !name.startsWith('shadow/'))),
    );
    expect(own).toEqual(alone.journal.map(({ metrics }) => metrics));
    expect(new Set(policies.map(({ hash }) => hash)).size).toBeGreaterThan(4);
  });

  it('tells of each iteration since what the candidate made of its answers', async () => {
    const rig = await played([{ ...SHADOW, iteration: 2 }]);
    expect(await shadowed(rig)).toEqual([2, 3, 4, 5]);
    const journal = await rig.ledger.iterations(rig.run);
    const events = await told(rig);
    expect(events.map(({ iteration }) => iteration)).toEqual([2, 3, 4, 5]);
    for (const { iteration, metrics, differences, ...candidate } of events) {
      const record = journal[iteration].metrics;
      expect(candidate).toMatchObject({ rubricId: 'rubric-b', rewardModelHash: 'model of rubric-b' });
      expect(record).toMatchObject(metrics);
      expect(metrics['shadow/scores']).toBeCloseTo(3 - record['objective/scores'], 12);
      expect(metrics['shadow/score_shift']).toBeCloseTo(3 - 2 * record['objective/scores'], 12);
      expect(metrics['shadow/kendall_tau']).toBeCloseTo(-1, 12);
      expect(metrics['shadow/excluded_share']).toBe(0);
      expect(differences.length).toBeGreaterThan(0);
      for (const { answer, active, shadow } of differences) {
        expect(active).toBe(answer.split(' ').filter((id) => Number(id) === WANTED_TOKEN).length);
        expect(shadow).toBe(3 - active);
      }
    }
    expect(rig.iterations[2].metrics).toEqual(journal[2].metrics);
  });

  it('scores beside an async run what that run consumes', async () => {
    const rig = await played([{ ...SHADOW, iteration: 2 }], { schedule: ASYNC });
    expect(await shadowed(rig)).toEqual([2, 3, 4, 5]);
    const journal = await rig.ledger.iterations(rig.run);
    for (const { iteration, metrics } of await told(rig)) {
      expect(metrics['shadow/scores']).toBeCloseTo(3 - journal[iteration].metrics['objective/scores'], 12);
    }
    expect(journal.map(({ rubricHash }) => rubricHash)).toEqual(Array(6).fill('rubric-a'));
  });

  it('has none any more from where it is stopped, or gets the one that replaces it', async () => {
    const stop: ControlEvent = { kind: 'stop_shadow', rubricHash: 'rubric-b', iteration: 4 };
    const stopped = await played([{ ...SHADOW, iteration: 1 }, stop]);
    expect(await shadowed(stopped)).toEqual([1, 2, 3]);
    const [alone, both] = [['rubric-a'], ['rubric-a', 'rubric-b']];
    expect(stopped.kept).toEqual([alone, both, both, both, alone, alone]);
    const next: ControlEvent = { kind: 'shadow_rubric', rubricHash: 'rubric-c', iteration: 3 };
    // The stop is of another candidate than the one that it has by then.
    const events = await told(await played([{ ...SHADOW, iteration: 1 }, next, stop]));
    expect(events.map(({ rubricHash }) => rubricHash.at(-1))).toEqual(['b', 'b', 'c', 'c', 'c']);
  });

  it('ends the shadow when the candidate comes into force, and keeps it when another does', async () => {
    const swapTo = (rubricHash: string): ControlEvent => ({ kind: 'swap_rubric', rubricHash, iteration: 3 });
    const taken = await played([{ ...SHADOW, iteration: 1 }, swapTo('rubric-b')]);
    expect(await shadowed(taken)).toEqual([1, 2]);
    expect((await taken.ledger.iterations(taken.run)).at(-1)?.rubricHash).toBe('rubric-b');
    expect((await taken.ledger.checkpoints(taken.run)).map((manifest) => manifest.shadowRubricHash)).toEqual([
      'rubric-b',
      undefined,
      undefined,
    ]);
    const other = await played([{ ...SHADOW, iteration: 1 }, swapTo('rubric-c')]);
    expect(await shadowed(other)).toEqual([1, 2, 3, 4, 5]);
  });

  it.each([1, 2, 3, 4])('ends the same when it is stopped after iteration %d and goes on', async (last) => {
    const events: ControlEvent[] = [{ ...SHADOW, iteration: 1 }];
    const calm = await played(events);
    const rig = await asked(events);
    await stoppedAfter(rig, last);
    const again = rig.restarted();
    await again.play();
    expect(await finishedRun(again)).toEqual(await finishedRun(calm));
    expect((await told(again)).map(({ iteration }) => iteration)).toEqual([1, 2, 3, 4, 5]);
    // What is repeated is not scored again.
    const asks = again.scorer.requests.filter(({ rubricHash }) => rubricHash === 'rubric-b');
    expect(asks).toHaveLength(5 - last);
  });
});

describe('a candidate that is asked for while the run stands', () => {
  it('is scored from the first iteration on where the run stood for want of its first reward', async () => {
    const rig = await asked([]);
    let isAway = true;
    rig.readying = async (rubricHash) => {
      if (isAway && rubricHash === 'rubric-a') throw new RewardNotReady('its judge is away');
    };
    const playing = rig.play();
    await rig.reached('paused');
    await rig.ledger.requestControl(rig.run, SHADOW);
    isAway = false;
    await rig.ledger.requestControl(rig.run, { kind: 'resume' });
    await playing;
    expect(await shadowed(rig)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('is readied once the run goes on, and only if it was not stopped by then', async () => {
    const pause: ControlEvent = { kind: 'pause', iteration: 2 };
    for (const stops of [false, true]) {
      const rig = await asked([]);
      const readied: string[] = [];
      rig.readying = async (rubricHash) => void readied.push(rubricHash);
      rig.engines[0].beforeGenerate = async () => {
        if (rig.iterations.length === 1 && (await rig.ledger.controlEvents(rig.run)).length === 0) {
          await rig.ledger.requestControl(rig.run, pause);
        }
      };
      const playing = rig.play();
      await rig.reached('paused');
      await rig.ledger.requestControl(rig.run, SHADOW);
      if (stops) await rig.ledger.requestControl(rig.run, { kind: 'stop_shadow', rubricHash: 'rubric-b' });
      await rig.ledger.requestControl(rig.run, { kind: 'resume' });
      await playing;
      expect(readied).toEqual(stops ? ['rubric-a'] : ['rubric-a', 'rubric-b']);
      expect(await shadowed(rig)).toEqual(stops ? [] : [2, 3, 4, 5]);
    }
  });
});

describe('a candidate that fails', () => {
  it('leaves the run as it was when it cannot be readied, tells of it and is not asked again', async () => {
    const alone = await finishedRun(await played([]));
    const rig = await asked([{ ...SHADOW, iteration: 2 }]);
    let asks = 0;
    rig.readying = async (rubricHash) => {
      asks += Number(rubricHash === 'rubric-b');
      failing(rubricHash);
    };
    await stoppedAfter(rig, 2);
    const again = rig.restarted();
    again.readying = rig.readying;
    await again.play();
    expect(asks).toBe(1);
    const { journal, policies, control } = await finishedRun(again);
    expect(policies).toEqual(alone.policies);
    expect(journal.map(({ metrics }) => metrics)).toEqual(alone.journal.map(({ metrics }) => metrics));
    const reason = 'it could not be readied: its judge is away';
    expect(control).toEqual([
      { sequence: 1, event: { ...SHADOW, iteration: 2 }, effectiveAt: 2 },
      { sequence: 2, event: { kind: 'stop_shadow', rubricHash: 'rubric-b', reason }, effectiveAt: 2 },
    ]);
    const message = `the shadow of rubric rubric-b has ended, since ${reason}; the run goes on without it`;
    expect(rig.alarms).toEqual([{ kind: 'shadow_failed', message }]);
    expect(again.alarms).toEqual([]);
    const alarms = (await again.ledger.events(again.run, 0, 1000)).filter(
      ({ payload }) => payload.kind === 'alarm',
    );
    expect(alarms.map(({ payload }) => payload)).toEqual([
      { kind: 'alarm', alarm: 'shadow_failed', message },
    ]);
  });

  it.each(['as it is', 'and goes on after a stop'])('is over when it cannot score, %s', async (how) => {
    const alone = await finishedRun(await played([]));
    const options: LoopRigOptions = {
      checkpoints: { directory: 'checkpoints', every: 3, keep: 'all' },
      scoreAnswer: (ids, place, rubric) => {
        if (rig.iterations.length === 3) failing(rubric);
        return OPTIONS.scoreAnswer?.(ids, place, rubric) ?? scored(0);
      },
    };
    let rig = await asked([{ ...SHADOW, iteration: 1 }], options);
    if (how === 'as it is') await rig.play();
    else {
      await stoppedAfter(rig, 4);
      rig = rig.restarted();
      await rig.play();
    }
    expect(await shadowed(rig)).toEqual([1, 2]);
    const { policies, control } = await finishedRun(rig);
    expect(policies).toEqual(alone.policies);
    expect(control.at(-1)).toMatchObject({ event: { kind: 'stop_shadow' }, effectiveAt: 4 });
  });

  it('may be asked for anew, and is readied again', async () => {
    const rig = await asked([
      { ...SHADOW, iteration: 1 },
      { ...SHADOW, iteration: 3 },
    ]);
    rig.readying = async (rubricHash) => {
      if (rig.iterations.length < 3) failing(rubricHash);
    };
    await rig.play();
    expect(await shadowed(rig)).toEqual([3, 4, 5]);
  });
});
