import { MemoryBus } from '../../../../core/bus/memory-bus.js';
import { rolloutQueueNames, rolloutQueues } from '../../../../core/bus/subjects.js';
import type { RolloutTask } from '../../../../core/domain/trajectory.js';
import { MemoryPolicies } from '../../../../core/engine/memory-policies.js';
import { MajlisError } from '../../../../core/errors.js';
import {
  decodeRolloutResult,
  decodeRolloutTask,
  decodeTrajectoryGroup,
  encodeRolloutTask,
} from '../../../../core/rpc/rollout-codec.js';
import type { TrajectoryGroup } from '../../../../core/domain/trajectory.js';
import type { WorkerState } from '../../../../core/domain/worker.js';
import { RolloutWorker } from '../../../../workers/rollout/rollout-worker.js';
import { aPrompt, aTask } from '../../../support/builders.js';
import { DyingBus } from '../../../support/dying-bus.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { FakeEngine } from '../../../support/fake-engine.js';
import type { PublishedModels } from '../../../support/unigram-model.js';

const queues = rolloutQueueNames('run');

class Rig {
  readonly clock = new FakeClock();
  readonly bus = new MemoryBus(this.clock);
  readonly published: PublishedModels = new Map();
  readonly engine = new FakeEngine(this.published);
  readonly policies = new MemoryPolicies();
  readonly stop = new AbortController();
  readonly failures: string[] = [];
  readonly worker: RolloutWorker;
  running: Promise<void> = Promise.resolve();

  constructor(slots = 1, bus?: (bus: MemoryBus) => DyingBus) {
    this.worker = new RolloutWorker({
      bus: bus?.(this.bus) ?? this.bus,
      queues,
      engine: this.engine,
      policies: this.policies,
      decoderOf: async () => ({ hash: 'tokenizer', decodeAnswer: (ids) => ({ text: [...ids].join(' ') }) }),
      clock: this.clock,
      slots,
      heartbeatMs: 4000,
      retryDelayMs: 500,
      observer: { taskFailed: (_id, error, handling) => this.failures.push(`${handling}: ${error.message}`) },
    });
  }

  async start(
    options: { readonly policies?: number; readonly resultRoom?: number; readonly parcelSize?: number } = {},
  ): Promise<void> {
    const { parcelSize = 1 } = options;
    for (const queue of rolloutQueues('run', { ackWaitMs: 10_000, parcelSize })) {
      const maxMessages = queue.name === queues.results ? (options.resultRoom ?? 100) : 100;
      await this.bus.declareQueue({ ...queue, maxMessages });
    }
    for (let version = 0; version < (options.policies ?? 1); version += 1) {
      const location = `dir-${version}`;
      this.published.set(location, { logits: Float64Array.from([0, version, 0, 0]) });
      await this.policies.announce({ version, hash: `policy-${version}`, location });
    }
    this.running = this.worker.run(this.stop.signal);
    this.running.catch(() => undefined);
    await this.clock.advance(0);
  }

  async give(...tasks: RolloutTask[]): Promise<void> {
    for (const task of tasks) {
      await this.bus.publish(queues.tasks, {
        run: task.run,
        dedupeId: task.id,
        data: encodeRolloutTask(task),
      });
    }
    await this.clock.advance(0);
  }

  async results(): Promise<TrajectoryGroup[]> {
    const deliveries = await this.bus.pull(queues.results, { max: 100, waitMs: 0 });
    return deliveries.map(({ data }) => decodeTrajectoryGroup(data));
  }

  async taskQueue(): Promise<{ pending: number; leased: number; dead: string[] }> {
    const { pending, leased } = await this.bus.status(queues.tasks);
    const deadLetters = await this.bus.deadLetters(queues.tasks, { after: 0, max: 100 });
    return { pending, leased, dead: deadLetters.map(({ reason }) => reason) };
  }
}

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  const gates: (() => void)[] = [];
  const opened = new Promise<void>((resolve) => gates.push(resolve));
  return { opened, open: gates[0] };
}

const DONE = { pending: 0, leased: 0, dead: [] };

describe('RolloutWorker', () => {
  it('answers a task with what the engine sampled, and says which policy and engine it was', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.give(aTask({ groupSize: 3 }));
    const [result] = await rig.results();
    expect(result).toMatchObject({ taskId: 'task-0', policyHash: 'policy-0', engineFingerprint: 'fake/1' });
    expect(result.trajectories.map(({ index }) => index)).toEqual([0, 1, 2]);
    for (const { tokenIds, text, finish } of result.trajectories) {
      expect(text).toBe((finish === 'stop' ? tokenIds.slice(0, -1) : tokenIds).join(' '));
    }
    expect(rig.engine.requests[0]).toMatchObject({ promptTokenIds: [1, 2], samples: 3, seed: 7 });
    expect(await rig.taskQueue()).toEqual(DONE);
  });

  it('hands back unanswered a task whose policy was retired, and says so in the result', async () => {
    const rig = new Rig();
    await rig.start({ policies: 3 });
    await rig.policies.retireBefore(1);
    const stale = aTask({ id: 'stale', policyVersion: 0, policyHash: 'policy-0' });
    const fresh = aTask({ id: 'fresh', policyVersion: 1, policyHash: 'policy-1' });
    await rig.give(stale, fresh);
    await rig.clock.advance(0);
    const deliveries = await rig.bus.pull(queues.results, { max: 10, waitMs: 0 });
    const [first, second] = deliveries.map(({ data }) => decodeRolloutResult(data));
    expect(first).toEqual({ kind: 'given_up', taskId: 'stale', policyVersion: 0, oldestVersion: 1 });
    expect(second).toMatchObject({ kind: 'answered', group: { taskId: 'fresh' } });
    expect(rig.engine.loads).toEqual(['policy-1']);
    expect(await rig.taskQueue()).toEqual(DONE);
  });

  it('acknowledges a task only after its result is stored', async () => {
    const rig = new Rig();
    await rig.start({ resultRoom: 1 });
    await rig.give(aTask({ id: 'a' }), aTask({ id: 'b' }));
    expect(await rig.taskQueue()).toEqual({ pending: 0, leased: 1, dead: [] });
    const [first] = await rig.bus.pull(queues.results, { max: 1, waitMs: 0 });
    await first.ack();
    await rig.clock.advance(600);
    expect(await rig.taskQueue()).toEqual(DONE);
    expect((await rig.results()).map(({ taskId }) => taskId)).toEqual(['b']);
  });

  it('keeps its lease while it generates for longer than the lease lasts', async () => {
    const rig = new Rig();
    const { opened, open } = gate();
    rig.engine.beforeGenerate = () => opened;
    await rig.start();
    await rig.give(aTask());
    await rig.clock.advance(35_000);
    expect(await rig.taskQueue()).toEqual({ pending: 0, leased: 1, dead: [] });
    open();
    await rig.clock.advance(0);
    expect(rig.engine.requests).toHaveLength(1);
    expect(await rig.taskQueue()).toEqual(DONE);
  });

  it('takes no more tasks than it has free slots for', async () => {
    const rig = new Rig(2);
    const { opened, open } = gate();
    rig.engine.beforeGenerate = () => opened;
    await rig.start();
    await rig.give(...['a', 'b', 'c', 'd', 'e'].map((id) => aTask({ id })));
    expect(await rig.taskQueue()).toEqual({ pending: 3, leased: 2, dead: [] });
    open();
    await rig.clock.advance(0);
    expect(await rig.results()).toHaveLength(5);
  });

  it('loads a policy when the hash differs, and never under a task that still uses the other', async () => {
    const rig = new Rig(3);
    const { opened, open } = gate();
    rig.engine.beforeGenerate = async ({ policyHash }) => (policyHash === 'policy-0' ? opened : undefined);
    await rig.start({ policies: 2 });
    const task = (id: string, version: number): RolloutTask => aTask({ id, policyHash: `policy-${version}` });
    await rig.give(task('a', 0), task('b', 0), task('c', 1));
    expect(rig.engine.loads).toEqual(['policy-0']);
    expect(rig.engine.requests).toHaveLength(2);
    open();
    await rig.clock.advance(0);
    expect(rig.engine.loads).toEqual(['policy-0', 'policy-1']);
    expect((await rig.results()).map(({ taskId, policyHash }) => [taskId, policyHash])).toEqual([
      ['a', 'policy-0'],
      ['b', 'policy-0'],
      ['c', 'policy-1'],
    ]);
  });

  it('gives back a task that may work later, and tries it again after a pause', async () => {
    const rig = new Rig();
    let tries = 0;
    rig.engine.beforeGenerate = async () => {
      tries += 1;
      if (tries === 1) throw new MajlisError('the engine is starting', { code: 'unavailable' });
    };
    await rig.start();
    await rig.give(aTask());
    expect(rig.failures).toEqual(['returned: the engine is starting']);
    expect(tries).toBe(1);
    await rig.clock.advance(600);
    expect(tries).toBe(2);
    expect(await rig.taskQueue()).toEqual(DONE);
  });

  it.each([
    [
      'another tokenizer',
      aTask({ prompt: { ...aPrompt(), tokenizerHash: 'other' } }),
      'was tokenized by other',
    ],
    [
      'a policy that was never announced',
      aTask({ policyHash: 'policy-9' }),
      'policy policy-9 was never announced',
    ],
  ])('sends a task with %s to the dead letters, with the reason', async (_what, task, reason) => {
    const rig = new Rig();
    await rig.start();
    await rig.give(task);
    expect((await rig.taskQueue()).dead).toEqual([expect.stringContaining(reason)]);
    await rig.give(aTask({ id: 'next' }));
    expect((await rig.results()).map(({ taskId }) => taskId)).toEqual(['next']);
  });

  it('sends bytes that are no task to the dead letters', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.bus.publish(queues.tasks, { run: 'run', dedupeId: 'junk', data: Uint8Array.of(255) });
    await rig.clock.advance(0);
    expect((await rig.taskQueue()).dead).toHaveLength(1);
    expect(rig.worker.state).toBe('RUNNING');
  });

  it('answers each task of a parcel, and sends what is finished meanwhile as parcels', async () => {
    const rig = new Rig(4);
    await rig.start({ parcelSize: 4 });
    const publishParcel = jest.spyOn(rig.bus, 'publishParcel');
    const ids = ['a', 'b', 'c', 'd'];
    const parts = ids.map((id) => ({ data: encodeRolloutTask(aTask({ id })) }));
    const { opened: stored, open } = gate();
    const publish = rig.bus.publish.bind(rig.bus);
    jest.spyOn(rig.bus, 'publish').mockImplementation(async (...given) => {
      await stored;
      return publish(...given);
    });
    await rig.bus.publishParcel(queues.tasks, { run: 'run', dedupeId: 'all', parts });
    await rig.clock.advance(0);
    open();
    await rig.clock.advance(0);
    expect((await rig.results()).map(({ taskId }) => taskId)).toEqual(ids);
    expect(publishParcel.mock.calls.map(([queue, parcel]) => [queue, parcel.parts.length])).toEqual([
      [queues.tasks, 4],
      [queues.results, 2],
    ]);
    expect(await rig.taskQueue()).toEqual(DONE);
  });

  it('buries what is no task of a parcel, and answers the others', async () => {
    const rig = new Rig(2);
    await rig.start({ parcelSize: 2 });
    const parts = [{ data: Uint8Array.of(255) }, { data: encodeRolloutTask(aTask({ id: 'good' })) }];
    await rig.bus.publishParcel(queues.tasks, { run: 'run', dedupeId: 'both', parts });
    await rig.clock.advance(0);
    expect((await rig.results()).map(({ taskId }) => taskId)).toEqual(['good']);
    expect(await rig.taskQueue()).toEqual({ pending: 0, leased: 0, dead: [expect.any(String)] });
  });

  it('asks for a parcel only when it has room for all of it', async () => {
    const rig = new Rig(3);
    const { opened, open } = gate();
    rig.engine.beforeGenerate = () => opened;
    await rig.start({ parcelSize: 2 });
    for (const [first, second] of [
      ['a', 'b'],
      ['c', 'd'],
    ]) {
      const parts = [first, second].map((id) => ({ data: encodeRolloutTask(aTask({ id })) }));
      await rig.bus.publishParcel(queues.tasks, { run: 'run', dedupeId: first, parts });
    }
    await rig.clock.advance(0);
    expect(await rig.taskQueue()).toMatchObject({ pending: 2, leased: 2 });
    open();
    await rig.clock.advance(0);
    expect(await rig.results()).toHaveLength(4);
  });

  it('keeps the lease of a parcel while its parts are answered one after another', async () => {
    const rig = new Rig(1);
    rig.engine.beforeGenerate = () => rig.clock.sleep(1900);
    await rig.start({ parcelSize: 6 });
    const ids = ['a', 'b', 'c', 'd', 'e', 'f'];
    const parts = ids.map((id) => ({ data: encodeRolloutTask(aTask({ id })) }));
    await rig.bus.publishParcel(queues.tasks, { run: 'run', dedupeId: 'all', parts });
    await rig.clock.advance(0);
    for (let second = 0; second < 11; second += 1) await rig.clock.advance(1000);
    expect(await rig.taskQueue()).toEqual({ pending: 0, leased: 6, dead: [] });
    await rig.clock.advance(1000);
    expect((await rig.results()).map(({ taskId }) => taskId)).toEqual(ids);
    expect(await rig.taskQueue()).toEqual(DONE);
  });

  it('answers a task that is issued a second time', async () => {
    const rig = new Rig();
    await rig.start();
    await rig.give(aTask());
    await rig.bus.publish(queues.tasks, {
      run: 'run',
      dedupeId: 'second issue',
      data: encodeRolloutTask(aTask()),
    });
    await rig.clock.advance(0);
    const [first, second] = await rig.results();
    expect(second).toEqual(first);
  });

  it('walks from INITIALIZED over RUNNING and DRAINING to DRAINED, and answers what it has in work', async () => {
    const rig = new Rig();
    const states: WorkerState[] = [rig.worker.state];
    const { opened, open } = gate();
    rig.engine.beforeGenerate = () => opened;
    await rig.start();
    await rig.give(aTask({ id: 'a' }), aTask({ id: 'b' }));
    states.push(rig.worker.state);
    rig.worker.drain();
    states.push(rig.worker.state);
    open();
    await rig.running;
    states.push(rig.worker.state);
    expect(states).toEqual(['INITIALIZED', 'RUNNING', 'DRAINING', 'DRAINED']);
    expect((await rig.results()).map(({ taskId }) => taskId)).toEqual(['a']);
    expect((await rig.taskQueue()).pending).toBe(1);
    expect(rig.clock.sleeping).toBe(0);
    await expect(rig.worker.run(rig.stop.signal)).rejects.toMatchObject({ code: 'failed_precondition' });
  });

  it('gives its tasks back at once when its signal fires', async () => {
    const rig = new Rig();
    rig.engine.beforeGenerate = async (_request, signal) => {
      await rig.clock.sleep(60_000, signal);
    };
    await rig.start();
    await rig.give(aTask());
    rig.stop.abort();
    await rig.running;
    expect(rig.worker.state).toBe('DRAINED');
    expect(await rig.taskQueue()).toEqual({ pending: 1, leased: 0, dead: [] });
  });

  it('finishes what it can until the drain time-out, and hands the rest back to be leased at once', async () => {
    const rig = new Rig(2);
    // An engine that does not honour its signal.
    rig.engine.beforeGenerate = async ({ seed }) => rig.clock.sleep(seed === 1 ? 5000 : 60_000);
    await rig.start();
    await rig.give(aTask({ id: 'quick', seed: 1 }), aTask({ id: 'slow', seed: 2 }), aTask({ id: 'next' }));
    rig.worker.drain(10_000);
    await rig.clock.advance(9_999);
    expect(rig.worker.held).toEqual([{ taskId: 'slow', heldMs: 9_999 }]);
    expect(await rig.taskQueue()).toEqual({ pending: 1, leased: 1, dead: [] });
    await rig.clock.advance(1);
    await rig.running;
    expect(rig.worker.state).toBe('DRAINED');
    expect((await rig.results()).map(({ taskId }) => taskId)).toEqual(['quick']);
    const again = await rig.bus.pull(queues.tasks, { max: 9, waitMs: 0 });
    expect(again.map(({ data, attempt }) => [decodeRolloutTask(data).id, attempt])).toEqual([
      ['slow', 2],
      ['next', 1],
    ]);
  });

  it('hands everything back at once on a second, shorter notice', async () => {
    const rig = new Rig();
    rig.engine.beforeGenerate = async () => rig.clock.sleep(60_000);
    await rig.start();
    await rig.give(aTask());
    rig.worker.drain(30_000);
    await rig.clock.advance(1000);
    rig.worker.drain(0);
    await rig.running;
    expect(rig.clock.monotonic()).toBe(1000);
    expect(await rig.taskQueue()).toEqual({ pending: 1, leased: 0, dead: [] });
  });

  it('asks nothing of queues that nobody has made yet while it is paused, and ends so too', async () => {
    const rig = new Rig();
    rig.worker.pause();
    rig.running = rig.worker.run(rig.stop.signal);
    await rig.clock.advance(0);
    expect(rig.worker.state).toBe('RUNNING');
    rig.worker.drain(0);
    await rig.running;
    expect(rig.worker.state).toBe('DRAINED');
  });

  it('waits for queues whose consumers are made anew while it starts, and drains while it waits', async () => {
    const unavailable = new MajlisError('no consumer at the moment', { code: 'unavailable' });
    const rig = new Rig();
    jest.spyOn(rig.bus, 'parcelSize').mockRejectedValueOnce(unavailable);
    await rig.start();
    await rig.give(aTask({ id: 'early' }));
    await rig.clock.advance(500);
    expect((await rig.results()).map(({ taskId }) => taskId)).toEqual(['early']);
    for (const asked of [Promise.reject(unavailable), new Promise<number>(() => undefined)]) {
      const other = new Rig();
      jest.spyOn(other.bus, 'parcelSize').mockReturnValueOnce(asked);
      await other.start();
      other.worker.drain();
      await other.running;
      expect([other.worker.state, other.clock.sleeping]).toEqual(['DRAINED', 0]);
    }
  });

  it('takes nothing while it is paused, answers what it holds, and goes on where it is resumed', async () => {
    const rig = new Rig(2);
    const { opened, open } = gate();
    rig.engine.beforeGenerate = () => opened;
    await rig.start();
    await rig.give(aTask({ id: 'held' }));
    rig.worker.pause();
    await rig.give(aTask({ id: 'later' }));
    open();
    await rig.clock.advance(5000);
    expect((await rig.results()).map(({ taskId }) => taskId)).toEqual(['held']);
    expect(await rig.taskQueue()).toEqual({ pending: 1, leased: 0, dead: [] });
    rig.worker.resume();
    await rig.clock.advance(0);
    expect((await rig.results()).map(({ taskId }) => taskId)).toContain('later');
    rig.worker.pause();
    rig.worker.drain();
    await rig.running;
  });

  it('loads a policy before a task names it', async () => {
    const rig = new Rig();
    await rig.start({ policies: 2 });
    expect(rig.worker.policyHash).toBeUndefined();
    await rig.worker.prepare('policy-1', rig.stop.signal);
    expect([rig.worker.policyHash, rig.engine.loads]).toEqual(['policy-1', ['policy-1']]);
  });

  it('is FAILED when its bus is gone', async () => {
    const buses: DyingBus[] = [];
    const rig = new Rig(1, (bus) => {
      buses.push(new DyingBus(bus));
      return buses[0];
    });
    await rig.start();
    buses[0].die();
    await rig.clock.advance(2000);
    await expect(rig.running).rejects.toMatchObject({ code: 'unavailable' });
    expect(rig.worker.state).toBe('FAILED');
  });
});
