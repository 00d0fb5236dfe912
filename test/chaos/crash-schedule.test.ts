import { crashSchedule } from './crash-schedule.js';
import { FAULT_KINDS } from './fault-kinds.js';

const seeds = (from: number, count: number): number[] => Array.from({ length: count }, (_, at) => from + at);

describe('a crash schedule', () => {
  it('is a function of its seed', () => {
    expect(seeds(1, 50).map(crashSchedule)).toEqual(seeds(1, 50).map(crashSchedule));
    expect(new Set(seeds(1, 50).map((seed) => JSON.stringify(crashSchedule(seed).kills))).size).toBe(50);
  });

  it('has every kind of fault among ten in a row from the first', () => {
    const kinds = seeds(1, 10).flatMap((seed) => crashSchedule(seed).kills.map(({ kind }) => kind));
    expect([...new Set(kinds)].sort()).toEqual(Object.keys(FAULT_KINDS).sort());
  });

  it('kills several times', () => {
    for (const seed of seeds(1, 200)) expect(crashSchedule(seed).kills.length).toBeGreaterThanOrEqual(2);
  });

  it('has what happens once in a run before what happens in every iteration', () => {
    const once = ['sft', 'pausing', 'paused', 'resuming', 'rolling-back', 'swap-pending', 'swap-stamped'];
    const often = ['after-ack', 'after-gradient', 'before-commit', 'before-announce', 'pruning'];
    for (const seed of seeds(1, 200)) {
      const kinds: string[] = crashSchedule(seed).kills.map(({ kind }) => kind);
      const lastOnce = Math.max(...once.map((kind) => kinds.lastIndexOf(kind)));
      const firstOften = Math.min(...often.map((kind) => (kinds.includes(kind) ? kinds.indexOf(kind) : 9)));
      expect(lastOnce).toBeLessThan(firstOften);
    }
  });

  it('has somebody pause the run wherever a fault strikes around a pause', () => {
    for (const seed of seeds(1, 200)) {
      const { kills, pauseIn } = crashSchedule(seed);
      const needs = kills.some(({ kind }) => ['pausing', 'paused', 'resuming'].includes(kind));
      if (needs) expect(pauseIn).toBeLessThan(2);
    }
  });
});
