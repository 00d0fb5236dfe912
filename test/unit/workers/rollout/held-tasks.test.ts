import { HeldTasks } from '../../../../workers/rollout/held-tasks.js';
import { FakeClock } from '../../../support/fake-clock.js';

const EVERY_MS = 1000;

describe('the tasks that a worker holds', () => {
  let clock: FakeClock;
  let tasks: HeldTasks;
  let failures: string[];

  beforeEach(() => {
    clock = new FakeClock();
    failures = [];
    const onFailure = (taskId: string, error: Error): void =>
      void failures.push(`${taskId}: ${error.message}`);
    tasks = new HeldTasks({ clock, everyMs: EVERY_MS, onFailure });
  });

  /** A lease that notes when it was extended, and fails at those of its extensions. */
  function lease(...failing: readonly number[]) {
    const extendedAt: number[] = [];
    const working = async (): Promise<void> => {
      extendedAt.push(clock.monotonic());
      if (failing.includes(extendedAt.length)) throw new Error('the bus is gone');
    };
    return { extendedAt, working };
  }

  const pass = async (milliseconds: number): Promise<void> => {
    for (let at = 0; at < milliseconds; at += EVERY_MS / 4) await clock.advance(EVERY_MS / 4);
  };

  it('never wait longer than the interval for an extension of their lease, whenever that begins', async () => {
    const leases = [];
    for (let begin = 0; begin < 4; begin += 1) {
      const held = { began: clock.monotonic(), ...lease() };
      tasks.hold(held, `task-${begin}`);
      leases.push(held);
      await pass(EVERY_MS / 4);
    }
    await pass(5 * EVERY_MS);
    for (const { began, extendedAt } of leases) {
      const times = [began, ...extendedAt, clock.monotonic()];
      const pauses = times.slice(1).map((time, at) => time - times[at]);
      expect(Math.max(...pauses)).toBeLessThanOrEqual(EVERY_MS);
      expect(extendedAt.length).toBeLessThanOrEqual(12);
    }
  });

  it('tell of an extension that failed, and are extended again at the next turn', async () => {
    const held = lease(1, 2);
    tasks.hold(held, 'a');
    await pass(4 * EVERY_MS);
    expect(failures).toEqual(['a: the bus is gone', 'a: the bus is gone']);
    expect(held.extendedAt.length).toBeGreaterThan(3);
  });

  it('wait for nothing once all are let go', async () => {
    const [one, other] = [lease(), lease()];
    const holdings = [tasks.hold(one, 'one'), tasks.hold(other, 'other')];
    tasks.letGo(holdings[0]);
    expect(tasks.list().map(({ taskId }) => taskId)).toEqual(['other']);
    expect(clock.sleeping).toBe(1);
    tasks.letGo(holdings[1]);
    expect(clock.sleeping).toBe(0);
    await pass(3 * EVERY_MS);
    expect([...one.extendedAt, ...other.extendedAt]).toEqual([]);
  });

  it('are listed with how long each has been held', async () => {
    tasks.hold(lease(), 'early');
    await pass(EVERY_MS / 2);
    tasks.hold(lease(), 'late');
    expect(tasks.list()).toEqual([
      { taskId: 'early', heldMs: EVERY_MS / 2 },
      { taskId: 'late', heldMs: 0 },
    ]);
  });
});
