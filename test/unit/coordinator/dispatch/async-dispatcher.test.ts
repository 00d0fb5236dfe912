import { MemoryArtifacts } from '../../../../core/artifacts/memory-artifacts.js';
import type { Delivery } from '../../../../core/bus/bus.js';
import { MemoryBus } from '../../../../core/bus/memory-bus.js';
import { rolloutQueueNames, rolloutQueues } from '../../../../core/bus/subjects.js';
import type { RolloutTask } from '../../../../core/domain/trajectory.js';
import { MemoryPolicies } from '../../../../core/engine/memory-policies.js';
import { MajlisError } from '../../../../core/errors.js';
import { MemoryLedger } from '../../../../core/ledger/memory-ledger.js';
import { createRng } from '../../../../core/math/rng.js';
import {
  decodeRolloutTask,
  encodeGivenUpTask,
  encodeTrajectoryGroup,
} from '../../../../core/rpc/rollout-codec.js';
import { AsyncDispatcher } from '../../../../coordinator/dispatch/async-dispatcher.js';
import type { RolloutBatch } from '../../../../coordinator/dispatch/rollout-batch.js';
import { PromptSchedule } from '../../../../coordinator/prompts/prompt-schedule.js';
import type { RunAlarm } from '../../../../coordinator/run-observer.js';
import { EagerScorer } from '../../../../coordinator/score/eager-scorer.js';
import { aPrompt, aResult, aTask, aTrajectory } from '../../../support/builders.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { FakeScorer, scored } from '../../../support/fake-scorer.js';

const RUN = 'run';
const queues = rolloutQueueNames(RUN);
const reward = { rubricId: 'r', rubricHash: 'rubric-a', rewardModelHash: 'model-a', floor: -1 };

class Rig {
  readonly clock = new FakeClock();
  readonly bus = new MemoryBus(this.clock);
  readonly ledger = new MemoryLedger(this.clock);
  readonly policies = new MemoryPolicies();
  readonly scorer = new EagerScorer(new FakeScorer(() => scored(1)));
  readonly alarms: RunAlarm[] = [];
  readonly dispatcher: AsyncDispatcher;
  private published = 0;

  /** Batches of two groups, staleness 1. */
  constructor() {
    const prompts = Array.from({ length: 3 }, (_, at) => aPrompt(`p${at}`));
    this.dispatcher = new AsyncDispatcher({
      bus: this.bus,
      ledger: this.ledger,
      artifacts: new MemoryArtifacts(),
      clock: this.clock,
      observer: { alarm: (alarm) => this.alarms.push(alarm) },
      schedule: new PromptSchedule(prompts, 2, createRng(1)),
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
      maxIssues: 2,
      books: { perIteration: 2, iterations: 10, maxStaleness: 1, maxOutstanding: 2 },
      scorer: this.scorer,
      policyAnnouncer: this.policies,
    });
  }

  async start(): Promise<void> {
    await this.ledger.createRun({
      id: RUN,
      name: RUN,
      seed: 1,
      config: '{}',
      configHash: 'c',
      fingerprints: {},
    });
    for (const queue of rolloutQueues(RUN)) await this.bus.declareQueue(queue);
  }

  async collect(iteration: number, version = iteration): Promise<{ readonly batch: Promise<RolloutBatch> }> {
    const policy = { version, hash: `policy-${version}`, location: 'there' };
    const batch = this.dispatcher.collect({ iteration, policy, reward }, new AbortController().signal);
    batch.catch(() => undefined);
    await this.clock.advance(1);
    return { batch };
  }

  async take(): Promise<readonly { readonly delivery: Delivery; readonly task: RolloutTask }[]> {
    const deliveries = await this.bus.pull(queues.tasks, { max: 10, waitMs: 0 });
    return deliveries.map((delivery) => ({ delivery, task: decodeRolloutTask(delivery.data) }));
  }

  async result(data: Uint8Array): Promise<void> {
    this.published += 1;
    await this.bus.publish(queues.results, { run: RUN, dedupeId: String(this.published), data });
    await this.clock.advance(1);
  }

  async answer(task: RolloutTask): Promise<void> {
    await this.result(encodeTrajectoryGroup(aResult(task)));
  }

  /** Takes and answers what is in the queue. */
  async answerAll(): Promise<readonly RolloutTask[]> {
    const taken = await this.take();
    for (const { delivery, task } of taken) {
      await delivery.ack();
      await this.answer(task);
    }
    return taken.map(({ task }) => task);
  }

  async stateOf({ id }: RolloutTask): Promise<string | undefined> {
    return (await this.ledger.tasks(RUN)).find((task) => task.id === id)?.state;
  }
}

describe('AsyncDispatcher', () => {
  let rig: Rig;

  beforeEach(async () => {
    rig = new Rig();
    await rig.start();
  });

  afterEach(() => rig.dispatcher.close());

  it('gives each task the next place of the prompt schedule and the newest policy', async () => {
    const { batch } = await rig.collect(0);
    const first = await rig.answerAll();
    await batch;
    await rig.collect(1);
    const next = [...(await rig.answerAll()), ...(await rig.answerAll())];
    const order = new PromptSchedule(
      Array.from({ length: 3 }, (_, at) => aPrompt(`p${at}`)),
      2,
      createRng(1),
    );
    const tasks = [...first, ...next];
    expect(tasks.map(({ prompt }) => prompt)).toEqual(tasks.map((_, slot) => order.promptAt(slot)));
    expect(first.map(({ policyVersion }) => policyVersion)).toEqual([0, 0]);
    expect(next.at(-1)?.policyHash).toBe('policy-1');
    expect(new Set(tasks.map(({ seed }) => seed)).size).toBe(tasks.length);
  });

  it('is not worked on while it is paused, and then issues again what did not come back all the same', async () => {
    const { batch } = await rig.collect(0);
    const [taken] = await rig.take();
    await rig.dispatcher.withdraw();
    expect(await rig.bus.status(queues.tasks)).toMatchObject({ pending: 0, leased: 0 });
    await rig.answer(taken.task);
    await rig.clock.advance(10_000);
    expect(await rig.take()).toEqual([]);
    await rig.collect(0);
    const again = await rig.answerAll();
    const ids = (await batch).groups.map(({ task }) => task.id);
    expect([...ids].sort()).toEqual([taken.task.id, again[0].id].sort());
    expect(rig.alarms).toEqual([]);
  });

  it('drops a task that its worker gave up, and issues one in its place', async () => {
    const { batch } = await rig.collect(0);
    const [given, kept] = await rig.take();
    await rig.answer(kept.task);
    const { id: taskId, policyVersion } = given.task;
    await rig.result(encodeGivenUpTask({ taskId, policyVersion, oldestVersion: 1 }));
    await rig.result(encodeGivenUpTask({ taskId, policyVersion, oldestVersion: 1 }));
    expect(await rig.stateOf(given.task)).toBe('dropped');
    const [replacement] = await rig.answerAll();
    const { groups, overlap } = await batch;
    expect(groups.map(({ task }) => task.id)).toEqual([kept.task.id, replacement.id]);
    expect(overlap).toEqual({ droppedStale: 1, consumedStale: 0 });
  });

  it('drops an answer that came too late for its policy, and tells workers from which version on to sample', async () => {
    const { batch } = await rig.collect(0);
    const [slow, quick] = await rig.take();
    await rig.answer(quick.task);
    await rig.answerAll();
    expect((await batch).groups).toHaveLength(2);
    expect(rig.policies.oldestAdmissible()).toBe(0);
    await rig.collect(1, 5);
    expect(rig.policies.oldestAdmissible()).toBe(4);
    const before = (await rig.ledger.tasks(RUN)).length;
    await rig.answer(slow.task);
    expect(await rig.stateOf(slow.task)).toBe('dropped');
    expect(await rig.ledger.tasks(RUN)).toHaveLength(before + 1);
  });

  it('forgets a late answer to a dropped task, and raises an alarm for one that nobody issued', async () => {
    const { batch } = await rig.collect(0);
    const [{ task }] = await rig.take();
    await rig.result(encodeGivenUpTask({ taskId: task.id, policyVersion: 0, oldestVersion: 1 }));
    await rig.answer(task);
    expect(rig.alarms).toEqual([]);
    expect(await rig.stateOf(task)).toBe('dropped');
    await rig.answer({ ...task, id: 'stranger' });
    expect(rig.alarms).toMatchObject([{ kind: 'refused_result', message: 'no task stranger was issued' }]);
    await rig.answerAll();
    await rig.answerAll();
    expect((await batch).groups).toHaveLength(2);
  });

  it('refuses an answer to a task that is still to be written down, and asks for it all the same', async () => {
    const issue = rig.ledger.issueTasks.bind(rig.ledger);
    const unwritten: string[] = [];
    let goOn = (): void => undefined;
    const mayGoOn = new Promise<void>((resolve) => (goOn = resolve));
    jest.spyOn(rig.ledger, 'issueTasks').mockImplementation(async (run, tasks) => {
      unwritten.push(...tasks.map(({ id }) => id));
      await mayGoOn;
      return issue(run, tasks);
    });
    const { batch } = await rig.collect(0);
    await rig.answer(aTask({ id: unwritten[0], policyHash: 'policy-0' }));
    expect(rig.alarms.map(({ kind }) => kind)).toEqual(['refused_result']);
    goOn();
    await rig.clock.advance(300);
    await rig.answerAll();
    expect((await batch).groups).toHaveLength(2);
  });

  it('hears without an alarm that a task was given up which another worker had answered', async () => {
    const { batch } = await rig.collect(0);
    const [task] = await rig.answerAll();
    await batch;
    await rig.result(encodeGivenUpTask({ taskId: task.id, policyVersion: 0, oldestVersion: 1 }));
    expect(rig.alarms).toEqual([]);
    expect((await rig.bus.status(queues.results)).pending).toBe(0);
  });

  it('raises an alarm for another payload of a task that was consumed', async () => {
    const { batch } = await rig.collect(0);
    const [task] = await rig.answerAll();
    await batch;
    const trajectories = [aTrajectory({ text: 'forged' }), aTrajectory({ index: 1 })];
    await rig.result(encodeTrajectoryGroup(aResult(task, trajectories)));
    expect(rig.alarms).toMatchObject([{ kind: 'conflicting_result' }]);
  });

  it('issues a lost task again, and ends it as dead-lettered after its last issue', async () => {
    await rig.collect(0);
    const [lost] = await rig.take();
    await lost.delivery.ack();
    await rig.clock.advance(1600);
    expect(rig.alarms.map(({ kind }) => kind)).toContain('tasks_reissued');
    const again = await rig.take();
    expect(again.map(({ task }) => task.id)).toContain(lost.task.id);
    await rig.clock.advance(1600);
    expect(await rig.stateOf(lost.task)).toBe('dead_lettered');
    expect(rig.alarms.map(({ kind }) => kind)).toContain('task_dead_lettered');
    expect((await rig.take()).length).toBeGreaterThan(0);
  });

  it('replaces a dead letter, and fails with its reason where no task can be done', async () => {
    const { batch } = await rig.collect(0);
    const [first] = await rig.take();
    await first.delivery.terminate('the prompt is too long');
    await rig.clock.advance(300);
    expect(await rig.stateOf(first.task)).toBe('dead_lettered');
    for (let round = 0; round < 4; round += 1) {
      for (const { delivery } of await rig.take()) await delivery.terminate('the prompt is too long');
      await rig.clock.advance(300);
    }
    await expect(batch).rejects.toMatchObject({
      code: 'deadline_exceeded',
      message: expect.stringMatching(/^\d+ tasks in a row could not be done: the prompt is too long$/),
    });
  });

  it('reads the dead letters of a bus that lost its store, which begin at 1 again', async () => {
    await rig.collect(0);
    for (const { delivery } of await rig.take()) await delivery.terminate('the prompt is too long');
    await rig.clock.advance(300);
    const [next] = await rig.take();
    const { data } = next.delivery;
    const status = { pending: 0, leased: 1, lastDeadLetter: 1 };
    jest.spyOn(rig.bus, 'status').mockResolvedValue(status);
    jest.spyOn(rig.bus, 'deadLetters').mockImplementation(async (_queue, { after }) => {
      return after < 1 ? [{ number: 1, run: RUN, data, reason: 'after the loss' }] : [];
    });
    await rig.clock.advance(300);
    expect(await rig.stateOf(next.task)).toBe('dead_lettered');
  });

  it('does not take up again a task that is dropped while a repeat of its answer is being stored', async () => {
    const { batch } = await rig.collect(0);
    await rig.answerAll();
    await rig.scorer.score(await batch);
    const [{ task }] = await rig.take();
    await rig.answer(task);
    let store = (): void => undefined;
    const stored = new Promise<void>((resolve) => (store = resolve));
    const accept = rig.ledger.acceptResults.bind(rig.ledger);
    const slow = jest.spyOn(rig.ledger, 'acceptResults').mockImplementation(async (...results) => {
      await stored;
      return accept(...results);
    });
    await rig.answer(task);
    const { batch: next } = await rig.collect(1, 5);
    expect(await rig.stateOf(task)).toBe('dropped');
    slow.mockRestore();
    store();
    await rig.clock.advance(300);
    for (let round = 0; round < 3; round += 1) await rig.answerAll();
    expect((await next).groups.map(({ task: { id } }) => id)).not.toContain(task.id);
  });

  it('issues what the ledger could not be told of at first, each once, and goes on', async () => {
    const error = new MajlisError('the ledger file could not be written', { code: 'unavailable' });
    const issue = jest.spyOn(rig.ledger, 'issueTasks');
    for (let time = 0; time < 3; time += 1) issue.mockRejectedValueOnce(error);
    const { batch } = await rig.collect(0);
    expect(await rig.take()).toEqual([]);
    for (let time = 0; time < 3; time += 1) await rig.clock.advance(250);
    const first = await rig.answerAll();
    expect((await batch).groups.map(({ task }) => task.id)).toEqual(first.map(({ id }) => id));
    await rig.scorer.score(await batch);
    issue.mockRejectedValueOnce(error);
    const { batch: next } = await rig.collect(1);
    const second = await rig.answerAll();
    await rig.clock.advance(250);
    expect((await next).groups.map(({ task }) => task.id)).toEqual(second.map(({ id }) => id));
    expect((await rig.take()).map(({ task }) => task.iteration)).toEqual([1, 1]);
    expect(rig.alarms).toMatchObject([{ message: error.message }, { message: error.message }]);
  });

  it('rejects with cancelled on its signal', async () => {
    const stop = new AbortController();
    const policy = { version: 0, hash: 'policy-0', location: 'there' };
    const batch = rig.dispatcher.collect({ iteration: 0, policy, reward }, stop.signal);
    await rig.clock.advance(1);
    stop.abort();
    await expect(batch).rejects.toMatchObject({ name: 'AbortError' });
  });
});
