import { HealthGuard } from '../../../../coordinator/health/health-guard.js';
import { RunHealth } from '../../../../coordinator/health/run-health.js';
import { DEFAULT_HEALTH } from '../../../../core/config/health-options.js';
import type { IterationRecord } from '../../../../core/ledger/ledger.js';

const GIB = 2 ** 30;

/** A run of which three iterations in a row with a KL above 5 are too many. */
function aRun({ freeBytes = 500 * GIB, iterationBytes = 0 } = {}): RunHealth {
  const options = { ...DEFAULT_HEALTH, klBudget: 5, iterations: 3 };
  const guard = new HealthGuard(options, { run: 'r1', excludedShareAlarm: 0.25 });
  const freeSpace = { freeBytes: async (path: string) => (path === '/data' ? freeBytes : NaN) };
  return new RunHealth({ guard, freeSpace, path: '/data', iterationBytes: () => iterationBytes });
}

function iterationOf(iteration: number, kl: number): IterationRecord {
  const hashes = { rubricHash: 'r', rewardModelHash: 'm', inputsHash: 'i' };
  return {
    iteration,
    policyVersion: iteration,
    ...hashes,
    controlSequence: 0,
    metrics: { 'objective/kl': kl },
  };
}

const bad = (iteration: number): IterationRecord => iterationOf(iteration, 9);
const BAD = [0, 1, 2, 3, 4].map(bad);

async function kinds(health: RunHealth, ...iterations: readonly number[]): Promise<(string | undefined)[]> {
  const found = [];
  for (const iteration of iterations) found.push((await health.check(bad(iteration)))?.kind);
  return found;
}

describe("a run's health", () => {
  it('counts the iterations that it is told of', async () => {
    expect(await kinds(aRun(), 0, 1, 2)).toEqual([undefined, undefined, 'kl_exploded']);
  });

  it('counts anew once a person has resumed the run', async () => {
    const health = aRun();
    await kinds(health, 0, 1, 2);
    health.startAnew();
    expect(await kinds(health, 3, 4, 5)).toEqual([undefined, undefined, 'kl_exploded']);
  });

  it('goes on counting where the journal ends, without the iterations that will be repeated', async () => {
    const health = aRun();
    health.recall(BAD, 2, 0);
    expect(await kinds(health, 2)).toEqual(['kl_exploded']);
    const earlier = aRun();
    earlier.recall(BAD, 1, 0);
    expect(await kinds(earlier, 1, 2)).toEqual([undefined, 'kl_exploded']);
  });

  it('counts no iteration of the journal from before the run was last resumed', async () => {
    const health = aRun();
    health.recall(BAD, 5, 4);
    expect(await kinds(health, 5, 6)).toEqual([undefined, 'kl_exploded']);
  });

  it('looks at the volume that the run writes to, and at what an iteration needs of it', async () => {
    const full = aRun({ freeBytes: 2 * GIB, iterationBytes: GIB });
    expect((await full.check(iterationOf(0, 0)))?.sentence).toContain(
      'The volume of /data has 2.00 GiB free; allowed: at least 3.00 GiB',
    );
    const roomy = aRun({ freeBytes: 4 * GIB, iterationBytes: GIB });
    expect(await roomy.check(iterationOf(0, 0))).toBeUndefined();
  });
});
