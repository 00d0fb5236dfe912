import { createRng } from '../../../../core/math/rng.js';
import { AsyncSimulation } from './async-simulation.js';
import type { Simulation } from './async-simulation.js';

function drawn(seed: number): Simulation {
  const rng = createRng(seed).fork('simulation');
  const perIteration = 1 + rng.integer(6);
  const rare = (): number => (rng.uniform() < 0.5 ? 0 : 0.15 * rng.uniform());
  return {
    seed,
    perIteration,
    iterations: 8,
    maxStaleness: rng.integer(4),
    maxOutstanding: 1 + rng.integer(2 * perIteration),
    workers: 1 + rng.integer(4),
    lost: rare(),
    dead: rare(),
    doubled: rare(),
    swapped: 2 * rare(),
    rolledBack: 2 * rare(),
    killed: 2 * rare(),
  };
}

const SEEDS = Array.from({ length: 40 }, (_, seed) => seed);

describe('the accounting of an async run, in simulated time', () => {
  const ends: Record<string, number> = { consumed: 0, dropped: 0, dead_lettered: 0 };
  let mostStale = 0;

  it.each(SEEDS)(
    'holds whatever is slow, lost, dead, swapped, rolled back or killed: seed %i',
    async (seed) => {
      const options = drawn(seed);
      const simulation = new AsyncSimulation(options);
      await simulation.play();
      expect(simulation.ledger.breaches).toEqual([]);

      const tasks = await simulation.ledger.tasks('run');
      const consumed = tasks.filter(({ state }) => state === 'consumed').map(({ id }) => id);
      const taken = simulation.batches.flatMap(({ groups }) => groups.map(({ task }) => task.id));
      expect([...consumed].sort()).toEqual([...taken].sort());
      expect(new Set(taken).size).toBe(options.iterations * options.perIteration);
      for (const { state } of tasks) ends[state] = (ends[state] ?? 0) + 1;
      expect(Object.keys(ends).sort()).toEqual(['consumed', 'dead_lettered', 'dropped']);

      for (const [at, { plan, groups }] of simulation.batches.entries()) {
        for (const { task } of groups) {
          const staleness = plan.policy.version - task.policyVersion;
          mostStale = Math.max(mostStale, staleness);
          const isSamePolicy = task.policyHash === plan.policy.hash;
          expect(isSamePolicy || staleness <= options.maxStaleness).toBe(true);
        }
        expect(new Set(simulation.paidBy[at])).toEqual(new Set([plan.reward.rubricHash]));
      }
    },
  );

  it('has seen every end of a task, and answers that were old', () => {
    expect(Math.min(...Object.values(ends))).toBeGreaterThan(20);
    expect(mostStale).toBeGreaterThan(1);
  });
});
