import type { Bus, QueueStatus } from '../../../../core/bus/bus.js';
import { MemoryBus } from '../../../../core/bus/memory-bus.js';
import { LostTasks } from '../../../../coordinator/dispatch/lost-tasks.js';
import type { RunAlarm } from '../../../../coordinator/run-observer.js';
import { around } from '../../../chaos/around.js';
import { FakeClock } from '../../../support/fake-clock.js';

const EMPTY = { pending: 0, leased: 0, lastDeadLetter: 0 };

/** A queue of tasks that says what a test has it say. */
class Rig {
  readonly clock = new FakeClock();
  readonly alarms: RunAlarm[] = [];
  readonly restored: string[] = [];
  tasks: QueueStatus = EMPTY;
  results: QueueStatus = EMPTY;
  onRestore: () => void = () => undefined;
  readonly lost = new LostTasks({
    bus: around<Bus>(new MemoryBus(this.clock), {
      status: async (_inner, queue) => (queue === 'tasks' ? this.tasks : this.results),
      restoreConsumer: async (_inner, queue) => {
        this.restored.push(queue);
        this.onRestore();
      },
    }),
    queues: { tasks: 'tasks', results: 'results' },
    clock: this.clock,
    observer: { alarm: (alarm) => this.alarms.push(alarm) },
    reissueAfterMs: 60_000,
    starvedAfterMs: 2000,
  });

  /** What is found lost after each of so many seconds. */
  async watch(seconds: number, outstanding: readonly string[], unsent = 0): Promise<readonly string[]> {
    let found: readonly string[] = [];
    for (let second = 0; second < seconds; second += 1) {
      await this.clock.advance(1000);
      found = (await this.lost.look(outstanding, unsent))?.lost ?? found;
    }
    return found;
  }
}

describe('LostTasks', () => {
  let rig: Rig;

  beforeEach(() => {
    rig = new Rig();
  });

  it('asks the bus only now and then', async () => {
    expect(await rig.lost.look(['a'], 0)).toBeDefined();
    await rig.clock.advance(100);
    expect(await rig.lost.look(['a'], 0)).toBeUndefined();
  });

  it('finds each task by its own deadline, while others come and go', async () => {
    rig.tasks = { ...EMPTY, pending: 1, leased: 1 };
    expect(await rig.watch(30, ['a', 'b'])).toEqual([]);
    rig.tasks = { ...EMPTY, leased: 2 };
    expect(await rig.watch(31, ['a', 'b'])).toEqual(['a']);
    rig.lost.reissued(['a']);
    expect(await rig.watch(30, ['b', 'a'])).toEqual(['b']);
  });

  it('restores the consumer of a queue that hands out nothing, and waits for what it finds', async () => {
    rig.onRestore = () => (rig.tasks = { ...EMPTY, pending: 1 });
    expect(await rig.watch(3, ['a'])).toEqual([]);
    expect(rig.restored).toEqual(['tasks', 'results']);
    expect(rig.alarms).toMatchObject([
      { kind: 'queue_starved', message: expect.stringContaining('its consumer was restored') },
    ]);
  });

  it('finds all tasks lost where nothing is there even then', async () => {
    expect(await rig.watch(3, ['a', 'b'])).toEqual(['a', 'b']);
    expect(rig.alarms).toMatchObject([
      { kind: 'queue_starved', message: expect.stringContaining('nothing is there') },
    ]);
  });

  it('waits for results that are on their way', async () => {
    rig.results = { ...EMPTY, leased: 1 };
    expect(await rig.watch(3, ['a'])).toEqual([]);
  });

  it.each([
    ['results come', (all: Rig) => all.lost.heard(), 0],
    ['tasks have not been sent', () => undefined, 1],
    ['a worker holds one', (all: Rig) => (all.tasks = { ...EMPTY, leased: 1 }), 0],
  ])('takes no queue for starved while %s', async (_what, meanwhile, unsent) => {
    for (let second = 0; second < 5; second += 1) {
      meanwhile(rig);
      expect(await rig.watch(1, ['a'], unsent)).toEqual([]);
    }
    expect(rig.restored).toEqual([]);
  });
});
