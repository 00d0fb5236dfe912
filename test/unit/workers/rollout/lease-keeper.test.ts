import { LeaseKeeper } from '../../../../workers/rollout/lease-keeper.js';
import { FakeClock } from '../../../support/fake-clock.js';

const EVERY_MS = 1000;

describe('a keeper of leases', () => {
  let clock: FakeClock;
  let keeper: LeaseKeeper;

  beforeEach(() => {
    clock = new FakeClock();
    keeper = new LeaseKeeper({ clock, everyMs: EVERY_MS });
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

  it('never lets more than its interval pass between two extensions, whenever a lease begins', async () => {
    const leases = [];
    for (let begin = 0; begin < 4; begin += 1) {
      const held = { began: clock.monotonic(), ...lease() };
      keeper.keep(held, () => undefined);
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

  it('tells of an extension that failed, and extends again at its next turn', async () => {
    const failures: unknown[] = [];
    const held = lease(1, 2);
    keeper.keep(held, (thrown) => failures.push(thrown));
    await pass(4 * EVERY_MS);
    expect(failures).toEqual([new Error('the bus is gone'), new Error('the bus is gone')]);
    expect(held.extendedAt.length).toBeGreaterThan(3);
  });

  it('waits for nothing once every lease is released', async () => {
    const [one, other] = [lease(), lease()];
    keeper.keep(one, () => undefined);
    keeper.keep(other, () => undefined);
    keeper.release(one);
    expect(clock.sleeping).toBe(1);
    keeper.release(other);
    expect(clock.sleeping).toBe(0);
    await pass(3 * EVERY_MS);
    expect([...one.extendedAt, ...other.extendedAt]).toEqual([]);
  });
});
