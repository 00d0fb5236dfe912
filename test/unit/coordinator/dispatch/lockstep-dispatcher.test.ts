import { MemoryBus } from '../../../../core/bus/memory-bus.js';
import type { Bus, Delivery } from '../../../../core/bus/bus.js';
import { rolloutQueueNames, rolloutQueues } from '../../../../core/bus/subjects.js';
import type { RolloutTask } from '../../../../core/domain/trajectory.js';
import { MajlisError } from '../../../../core/errors.js';
import { MemoryLedger } from '../../../../core/ledger/memory-ledger.js';
import { createRng } from '../../../../core/math/rng.js';
import { decodeRolloutTask, encodeTrajectoryGroup } from '../../../../core/rpc/rollout-codec.js';
import { LockstepDispatcher } from '../../../../coordinator/dispatch/lockstep-dispatcher.js';
import type { RolloutBatch } from '../../../../coordinator/dispatch/rollout-batch.js';
import { PromptSchedule } from '../../../../coordinator/prompts/prompt-schedule.js';
import type { RunAlarm } from '../../../../coordinator/run-observer.js';
import { around } from '../../../chaos/around.js';
import { aPrompt, aResult, aTrajectory } from '../../../support/builders.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { MemoryArtifacts } from '../../../../core/artifacts/memory-artifacts.js';

const RUN = 'run';
const queues = rolloutQueueNames(RUN);
const plan = {
  iteration: 0,
  policy: { version: 0, hash: 'policy-0', location: 'there' },
  reward: { rubricId: 'r', rubricHash: 'rubric-a', rewardModelHash: 'model-a', floor: -1 },
};

class Rig {
  readonly clock = new FakeClock();
  readonly bus = new MemoryBus(this.clock);
  isReachable = true;
  readonly ledger = new MemoryLedger(this.clock);
  readonly artifacts = new MemoryArtifacts();
  readonly alarms: RunAlarm[] = [];
  readonly ended: string[] = [];
  readonly signal = new AbortController();
  readonly dispatcher: LockstepDispatcher;

  constructor(prompts = 2, maxIssues = 2) {
    this.dispatcher = this.start(prompts, maxIssues);
  }

  /** A dispatcher, as each start of the run has one. */
  start(prompts = 2, maxIssues = 2): LockstepDispatcher {
    const all = Array.from({ length: prompts }, (_, at) => aPrompt(`p${at}`));
    return new LockstepDispatcher({
      bus: this.reachableBus(),
      ledger: this.ledger,
      artifacts: this.artifacts,
      clock: this.clock,
      observer: {
        alarm: (alarm) => this.alarms.push(alarm),
        tasksEnded: ({ count, end }) => this.ended.push(`${count} ${end}`),
      },
      schedule: new PromptSchedule(all, prompts, createRng(1)),
      tasks: {
        run: RUN,
        groupSize: 2,
        sampling: { maxNewTokens: 4, temperature: 1, stopTokenIds: [0] },
        rng: createRng(2),
      },
      queues,
      engineFingerprint: 'fake/1',
      reissueAfterMs: 1000,
      starvedAfterMs: 5000,
      maxIssues,
    });
  }

  private reachableBus(): Bus {
    const refuse = <Given extends unknown[], Value>(
      inner: (...given: Given) => Promise<Value>,
      ...given: Given
    ): Promise<Value> => {
      if (this.isReachable) return inner(...given);
      throw new MajlisError('the server is away', { code: 'unavailable' });
    };
    return around<Bus>(this.bus, { pull: refuse, publish: refuse, status: refuse });
  }

  async collect(maxMessages = 100): Promise<{ readonly batch: Promise<RolloutBatch> }> {
    await this.ledger.createRun({
      id: RUN,
      name: RUN,
      seed: 1,
      config: '{}',
      configHash: 'c',
      fingerprints: {},
    });
    for (const queue of rolloutQueues(RUN)) await this.bus.declareQueue({ ...queue, maxMessages });
    const batch = this.dispatcher.collect(plan, this.signal.signal);
    batch.catch(() => undefined);
    await this.clock.advance(1);
    return { batch };
  }

  async take(max = 10): Promise<readonly Delivery[]> {
    return this.bus.pull(queues.tasks, { max, waitMs: 0 });
  }

  async answer(
    task: RolloutTask,
    change: Partial<ReturnType<typeof aResult>> = {},
    id = task.id,
  ): Promise<void> {
    const data = encodeTrajectoryGroup({ ...aResult(task), ...change });
    await this.bus.publish(queues.results, { run: RUN, dedupeId: `${id}/${JSON.stringify(change)}`, data });
    await this.clock.advance(1);
  }
}

function taskOf({ data }: Delivery): RolloutTask {
  return decodeRolloutTask(data);
}

describe('LockstepDispatcher', () => {
  it('returns answers in the order of the schedule, not of their arrival', async () => {
    const rig = new Rig(3);
    const { batch } = await rig.collect();
    const tasks = (await rig.take()).map(taskOf);
    for (const task of [...tasks].reverse()) await rig.answer(task);
    expect((await batch).groups.map(({ task }) => task.id)).toEqual(tasks.map(({ id }) => id));
  });

  it('issues many tasks in parts, and takes answers to the first while the last are still to be written down', async () => {
    const rig = new Rig(600);
    const parts: number[] = [];
    let goOn = (): void => undefined;
    const mayGoOn = new Promise<void>((resolve) => (goOn = resolve));
    const issue = rig.ledger.issueTasks.bind(rig.ledger);
    jest.spyOn(rig.ledger, 'issueTasks').mockImplementation(async (run, tasks) => {
      if (parts.push(tasks.length) === 3) await mayGoOn;
      return issue(run, tasks);
    });
    const { batch } = await rig.collect(1000);
    const tasks = (await rig.take(600)).map(taskOf);
    for (const task of tasks) await rig.answer(task);
    expect(await rig.ledger.results(RUN, 0)).toHaveLength(512);
    goOn();
    await rig.clock.advance(1);
    for (const task of (await rig.take(600)).map(taskOf)) await rig.answer(task);
    expect((await batch).groups).toHaveLength(600);
    expect(parts).toEqual([256, 256, 88]);
  });

  /** A run of 300 tasks, whose second part is being written down until it may go on. */
  async function whileBeingWritten(): Promise<{
    readonly rig: Rig;
    readonly batch: Promise<RolloutBatch>;
    readonly unwritten: readonly string[];
    readonly issues: number[];
    readonly goOn: () => void;
  }> {
    const rig = new Rig(300);
    const unwritten: string[] = [];
    const issues: number[] = [];
    let goOn = (): void => undefined;
    const mayGoOn = new Promise<void>((resolve) => (goOn = resolve));
    const issue = rig.ledger.issueTasks.bind(rig.ledger);
    jest.spyOn(rig.ledger, 'issueTasks').mockImplementation(async (run, tasks) => {
      if (issues.push(tasks.length) === 2) {
        unwritten.push(...tasks.map(({ id }) => id));
        await mayGoOn;
      }
      return issue(run, tasks);
    });
    const { batch } = await rig.collect(1000);
    return { rig, batch, unwritten, issues, goOn };
  }

  it('refuses an answer to a task that is still to be written down, and asks for it all the same', async () => {
    const { rig, batch, unwritten, goOn } = await whileBeingWritten();
    const first = (await rig.take(300)).map(taskOf);
    await rig.answer(first[0], { taskId: unwritten[0] });
    expect(rig.alarms.map(({ kind }) => kind)).toEqual(['refused_result']);
    goOn();
    await rig.clock.advance(1);
    for (const task of [...first, ...(await rig.take(300)).map(taskOf)]) await rig.answer(task);
    expect((await batch).groups).toHaveLength(300);
  });

  it('does not look for a task that is still to be written down, however long that takes', async () => {
    const { rig, batch, issues, goOn } = await whileBeingWritten();
    const first = await rig.take(300);
    for (const delivery of first) {
      await rig.answer(taskOf(delivery));
      await delivery.ack();
    }
    await rig.clock.advance(6000);
    await rig.clock.advance(6000);
    expect(rig.alarms).toEqual([]);
    goOn();
    await rig.clock.advance(1);
    for (const task of (await rig.take(300)).map(taskOf)) await rig.answer(task);
    expect((await batch).groups).toHaveLength(300);
    expect(issues).toEqual([256, 44]);
  });

  it('issues nothing more once it is cancelled', async () => {
    const rig = new Rig(600);
    const parts: number[] = [];
    const issue = rig.ledger.issueTasks.bind(rig.ledger);
    jest.spyOn(rig.ledger, 'issueTasks').mockImplementation(async (run, tasks) => {
      if (parts.push(tasks.length) === 1) rig.signal.abort(new Error('not wanted any more'));
      return issue(run, tasks);
    });
    const { batch } = await rig.collect(1000);
    await expect(batch).rejects.toMatchObject({ code: 'cancelled' });
    expect(parts).toEqual([256]);
  });

  it('knows a task in the ledger before it is on the bus, and acks a result after it is stored', async () => {
    const rig = new Rig();
    const { batch } = await rig.collect();
    const tasks = (await rig.take()).map(taskOf);
    const issued = await rig.ledger.outstandingTasks(RUN);
    expect(issued.map(({ id }) => id).sort()).toEqual(tasks.map(({ id }) => id).sort());
    for (const task of tasks) await rig.answer(task);
    await batch;
    const stored = await rig.ledger.results(RUN, 0);
    const payloads = await Promise.all(stored.map(({ payloadHash }) => rig.artifacts.has(payloadHash)));
    expect(payloads).toEqual([true, true]);
    expect(await rig.bus.status(queues.results)).toEqual({ pending: 0, leased: 0, lastDeadLetter: 0 });
  });

  it('accepts the same result twice and counts it once', async () => {
    const rig = new Rig(1);
    const { batch } = await rig.collect();
    const [task] = (await rig.take()).map(taskOf);
    const data = encodeTrajectoryGroup(aResult(task));
    await rig.bus.publish(queues.results, { run: RUN, dedupeId: 'a', data });
    await rig.bus.publish(queues.results, { run: RUN, dedupeId: 'b', data });
    await rig.clock.advance(1);
    expect((await batch).groups).toHaveLength(1);
    expect(await rig.ledger.results(RUN, 0)).toHaveLength(1);
    expect(rig.alarms).toEqual([]);
  });

  it.each([
    ['another policy', { policyHash: 'policy-9' }, 'the task pins policy-0'],
    ['another engine', { engineFingerprint: 'other/1' }, "the run's is fake/1"],
    ['too few answers', { trajectories: [aTrajectory()] }, 'holds 1 answers of 2'],
    [
      'an answer that is too long',
      { trajectories: [aTrajectory(), aTrajectory({ index: 1, tokenIds: [1, 2, 3, 4, 5] })] },
      'answer 1 has 5 tokens, allowed are 1 to 4',
    ],
    [
      'an answer that is empty',
      { trajectories: [aTrajectory({ tokenIds: [] }), aTrajectory({ index: 1 })] },
      'answer 0 has 0 tokens',
    ],
    [
      'an impossible log-probability',
      { trajectories: [aTrajectory({ logProbs: [-1, 0.5] }), aTrajectory({ index: 1 })] },
      'answer 0 has a log-probability above 0',
    ],
  ])('refuses a result with %s, says why and waits for a good one', async (_what, change, reason) => {
    const rig = new Rig(1);
    const { batch } = await rig.collect();
    const [task] = (await rig.take()).map(taskOf);
    await rig.answer(task, change);
    expect(rig.alarms).toMatchObject([{ kind: 'refused_result', message: expect.stringContaining(reason) }]);
    expect((await rig.bus.status(queues.results)).lastDeadLetter).toBe(1);
    expect(await rig.ledger.results(RUN, 0)).toEqual([]);
    await rig.answer(task);
    expect((await batch).groups).toHaveLength(1);
  });

  it('refuses results of tasks that nobody issued, and bytes that are no result', async () => {
    const rig = new Rig(1);
    const { batch } = await rig.collect();
    const [task] = (await rig.take()).map(taskOf);
    await rig.answer({ ...task, id: 'stranger' });
    await rig.bus.publish(queues.results, { run: RUN, dedupeId: 'junk', data: Uint8Array.of(255, 255) });
    await rig.clock.advance(1);
    expect(rig.alarms.map(({ kind }) => kind)).toEqual(['refused_result', 'refused_result']);
    await rig.answer(task);
    expect((await batch).groups).toHaveLength(1);
  });

  it('issues again, under a new number, what was taken and did not come back', async () => {
    const rig = new Rig(2);
    const { batch } = await rig.collect();
    const [kept, lost] = await rig.take();
    await rig.answer(taskOf(kept));
    await kept.ack();
    await lost.ack();
    await rig.clock.advance(2000);
    expect(rig.alarms).toMatchObject([
      { kind: 'tasks_reissued', message: expect.stringContaining('1 tasks') },
    ]);
    const again = (await rig.take()).map(taskOf);
    expect(again).toEqual([taskOf(lost)]);
    expect(await rig.ledger.outstandingTasks(RUN)).toMatchObject([
      { id: taskOf(lost).id, iteration: 0, issue: 2 },
    ]);
    await rig.answer(taskOf(lost));
    expect((await batch).groups).toHaveLength(2);
  });

  it('issues a lost task again by its own deadline, while the others keep coming back', async () => {
    const rig = new Rig(3);
    const { batch } = await rig.collect();
    const [lost, ...others] = await rig.take();
    for (const other of others) {
      await rig.clock.advance(450);
      await rig.answer(taskOf(other));
      await other.ack();
    }
    await rig.clock.advance(600);
    const again = (await rig.take()).map(taskOf);
    expect(again).toEqual([taskOf(lost)]);
    await rig.answer(again[0]);
    expect((await batch).groups).toHaveLength(3);
    expect(rig.alarms).toMatchObject([{ kind: 'tasks_reissued' }]);
  });

  it('waits while the bus cannot be reached, says so once, and goes on', async () => {
    const rig = new Rig(1);
    const { batch } = await rig.collect();
    const [delivery] = await rig.take();
    rig.isReachable = false;
    await rig.clock.advance(60_000);
    rig.isReachable = true;
    await rig.answer(taskOf(delivery));
    await delivery.ack();
    await rig.clock.advance(500);
    expect((await batch).groups).toHaveLength(1);
    expect(rig.alarms).toEqual([{ kind: 'bus_unavailable', message: 'the server is away' }]);
  });

  it('says once that the bus cannot be reached, however many parts are issued meanwhile', async () => {
    const rig = new Rig(600);
    rig.isReachable = false;
    const issue = rig.ledger.issueTasks.bind(rig.ledger);
    jest.spyOn(rig.ledger, 'issueTasks').mockImplementation(async (run, tasks) => {
      await rig.clock.sleep(1000);
      return issue(run, tasks);
    });
    const { batch } = await rig.collect(1000);
    for (let round = 0; round < 40; round += 1) await rig.clock.advance(100);
    expect(rig.alarms).toEqual([{ kind: 'bus_unavailable', message: 'the server is away' }]);
    rig.isReachable = true;
    await rig.clock.advance(300);
    for (const task of (await rig.take(600)).map(taskOf)) await rig.answer(task);
    expect((await batch).groups).toHaveLength(600);
  });

  it('goes on with what an earlier start has on the bus, and issues nothing twice', async () => {
    const rig = new Rig(2);
    await rig.collect();
    rig.signal.abort();
    await rig.clock.advance(1);
    const batch = rig.start(2).collect(plan, new AbortController().signal);
    const tasks = (await rig.take()).map(taskOf);
    expect(tasks).toHaveLength(2);
    for (const task of tasks) await rig.answer(task);
    await rig.clock.advance(300);
    expect((await batch).groups).toHaveLength(2);
    expect(await rig.take()).toEqual([]);
  });

  it('issues all that is missing where the bus lost any of it', async () => {
    const rig = new Rig(3);
    await rig.collect();
    rig.signal.abort();
    const [first, second] = await rig.take(2);
    await rig.answer(taskOf(first));
    for (const delivery of [first, second]) await delivery.ack();
    const batch = rig.start(3).collect(plan, new AbortController().signal);
    await rig.clock.advance(1);
    const tasks = (await rig.take()).map(taskOf);
    for (const task of tasks) await rig.answer(task);
    await rig.clock.advance(300);
    expect((await batch).groups).toHaveLength(3);
    expect((await rig.ledger.tasks(RUN)).map(({ issue }) => issue).sort()).toEqual([2, 2, 2]);
  });

  it('leaves no task of its run in the queue at its end', async () => {
    const rig = new Rig(2);
    await rig.collect();
    rig.signal.abort();
    await rig.dispatcher.finish();
    expect(await rig.take()).toEqual([]);
    expect((await rig.ledger.tasks(RUN)).map(({ state }) => state)).toEqual(['dropped', 'dropped']);
    expect(rig.ended).toEqual(['2 dropped']);
  });

  it('does not count the time that tasks wait in the queue', async () => {
    const rig = new Rig(2);
    await rig.collect();
    await rig.clock.advance(20_000);
    expect(rig.alarms).toEqual([]);
    rig.signal.abort();
  });

  it('fails with the dead letter’s reason when a task never comes back', async () => {
    const rig = new Rig(1, 2);
    const { batch } = await rig.collect();
    for (let issue = 0; issue < 2; issue += 1) {
      for (const delivery of await rig.take()) await delivery.terminate('the prompt is too long');
      await rig.clock.advance(2000);
    }
    await expect(batch).rejects.toMatchObject({
      code: 'deadline_exceeded',
      message: '1 tasks never came back after 2 issues: the prompt is too long',
    });
  });

  it('waits for room when the task queue is full', async () => {
    const rig = new Rig(5);
    const { batch } = await rig.collect(2);
    const taken: string[] = [];
    while (taken.length < 5) {
      for (const delivery of await rig.take()) {
        taken.push(taskOf(delivery).id);
        await rig.answer(taskOf(delivery));
        await delivery.ack();
      }
      await rig.clock.advance(300);
    }
    expect((await batch).groups.map(({ task }) => task.id)).toEqual(taken);
  });
});
